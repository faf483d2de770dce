"""Copies everything from one database to another: SQLite to PostgreSQL, and back."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.columns import Base
from bot.storage.condition import explained
from bot.storage.engine import as_reader, as_writer, open_engine
from bot.storage.migrate import check_newest, migrate

ROWS = 500
"""So many rows are in memory at a time."""


class MoveError(Exception):
    """Nothing was moved; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds: `checksum` is the same for the same rows, whatever the database."""

    rows: int
    checksum: str


async def move(source: URL, target: URL) -> dict[str, Contents]:
    """Copy all rows into an empty database, in one transaction; nothing in `source` is changed.

    The schema is made where there is none. What was written is read again and compared, before
    it is committed. No bot may use either database meanwhile.

    Returns:
        What each table holds now.

    Raises:
        MoveError: both are the same, `target` holds something, or what arrived is not what was
            sent.
        UnusableDatabaseError: one of them cannot be used.
    """
    if source == target:
        raise MoveError("Both addresses name the same database; name another one to move to.")
    await check_newest(source)
    await migrate(target)
    reading, writing = open_engine(source, patient=True), open_engine(target, patient=True)
    try:
        with explained(source), explained(target):
            async with as_reader(reading).connect() as old, as_writer(writing).begin() as new:
                return await _copy(old, new)
    finally:
        await reading.dispose()
        await writing.dispose()


async def _copy(old: AsyncConnection, new: AsyncConnection) -> dict[str, Contents]:
    moved = {}
    for table in Base.metadata.sorted_tables:
        if await new.scalar(select(func.count()).select_from(table)):
            raise MoveError(
                f"The database to move to has rows already (in {table.name}); name an empty one."
            )
    for table in Base.metadata.sorted_tables:
        sent = _Sum()
        async for rows in _rows(old, table):
            sent.add(rows)
            await new.execute(table.insert(), rows)
        arrived = _Sum()
        async for rows in _rows(new, table):
            arrived.add(rows)
        moved[table.name] = sent.contents
        if arrived.contents != sent.contents:
            raise MoveError(
                f"{table.name} arrived with {arrived.contents.rows} of {sent.contents.rows} rows, "
                "or with other values; nothing was moved. Stop what writes to either database."
            )
        await _number_on(old, new, table)
    return moved


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows in the order of their keys: what rows refer to comes before them."""
    key = tuple(table.primary_key.columns)
    result = await connection.stream(select(table).order_by(*key))
    async for part in result.mappings().partitions(ROWS):
        yield [dict(row) for row in part]


async def _number_on(old: AsyncConnection, new: AsyncConnection, table: Table) -> None:
    """Let new rows get numbers that none ever had, not even a row that was deleted since."""
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return
    last = await old.scalar(_LAST_NUMBER[old.dialect.name], {"name": table.name})
    if last:
        for statement in _GO_ON[new.dialect.name]:
            await new.execute(statement, {"name": table.name, "last": last})


_LAST_NUMBER = {
    "sqlite": text("SELECT seq FROM sqlite_sequence WHERE name = :name"),
    "postgresql": text(
        "SELECT last_value FROM pg_sequences WHERE sequencename = CAST(:name AS text) || '_id_seq'"
    ),
}
_GO_ON: Mapping[str, tuple[Any, ...]] = {
    "sqlite": (
        text("DELETE FROM sqlite_sequence WHERE name = :name"),
        text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
    ),
    "postgresql": (text("SELECT setval(CAST(:name AS text) || '_id_seq', :last)"),),
}


class _Sum:
    """Adds rows up to a checksum."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            line = json.dumps(row, default=_written, sort_keys=True, ensure_ascii=False)
            self._hash.update(line.encode() + b"\n")
        self._rows += len(rows)

    @property
    def contents(self) -> Contents:
        return Contents(self._rows, self._hash.hexdigest())


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    assert isinstance(value, bytes)
    return value.hex()
