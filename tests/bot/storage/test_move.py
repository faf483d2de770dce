"""Everything a database holds arrives in another one, of whatever kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from postgresql import PostgreSQLServer
from sqlalchemy import URL, delete, insert, make_url, select

from bot.storage import Database
from bot.storage.condition import UnusableDatabaseError
from bot.storage.move import MoveError, move
from bot.storage.tables import QUEUED, Caption, Job, Notice, Photo, User, utc_now

ALICE = 2**40


@pytest.fixture
def new_file(tmp_path: Path) -> URL:
    return make_url(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")


@pytest.fixture
async def new_server_database(postgresql_server: PostgreSQLServer) -> AsyncIterator[URL]:
    await postgresql_server.execute("CREATE DATABASE moved")
    yield postgresql_server.url("moved")
    await postgresql_server.drop("moved")


@pytest.fixture
async def filled(database: Database, filler: Any) -> Database:
    """A database with odd values, an album, and a photo that was deleted."""
    sent = await filler.photo_sent(ALICE)
    lead = await filler.photo_sent(ALICE, state=QUEUED)
    follower = await filler.photo_sent(ALICE, state=QUEUED)
    last = await filler.photo_sent(ALICE)
    async with database.write() as session:
        (await session.get_one(Job, follower.job_id)).lead_id = lead.job_id
        (await session.get_one(User, ALICE)).shows_attention = True
        caption = await session.get_one(Caption, sent.caption_ids[0])
        caption.text, caption.attention = "Ein Hund – собака 🐕", bytes(range(256))
        caption.log_probability = -0.1234567890123456
        session.add(Notice(user_id=ALICE, what="digest", until=utc_now()))
        await session.execute(delete(Photo).where(Photo.id == last.photo_id))
    return database


async def rows(database: Database) -> dict[str, list[Any]]:
    found = {}
    async with database.read() as session:
        for table in (it.__table__ for it in (User, Photo, Job, Caption, Notice)):
            query = select(table).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in await session.execute(query)]
    return found


async def test_there_and_back(filled: Database, new_server_database: URL, new_file: URL) -> None:
    there = await move(filled.url, new_server_database)
    assert there["jobs"].rows == 3
    back = await move(new_server_database, new_file)
    assert back == there
    copy = Database(new_file)
    assert await rows(copy) == await rows(filled)
    # A button of the photo that was deleted must never mean another one.
    numbers = []
    for database in (filled, copy):
        async with database.write() as session:
            added = await session.scalar(
                insert(Photo).values(file_unique_id="u", file_id="f").returning(Photo.id)
            )
            numbers.append(added)
    assert numbers == [5, 5]
    await copy.close()


async def test_a_database_with_rows_is_left_alone(
    filled: Database, new_server_database: URL, new_file: URL
) -> None:
    await move(filled.url, new_server_database)
    with pytest.raises(MoveError, match="name an empty one"):
        await move(filled.url, new_server_database)
    with pytest.raises(MoveError, match="the same database"):
        await move(filled.url, filled.url)


async def test_what_arrives_changed_is_not_committed(
    filled: Database, new_file: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = iter(["as sent", "as arrived"])
    monkeypatch.setattr("bot.storage.move._written", lambda _value: next(sums, ""))
    with pytest.raises(MoveError, match="nothing was moved"):
        await move(filled.url, new_file)
    copy = Database(new_file)
    assert set(map(len, (await rows(copy)).values())) == {0}
    await copy.close()


def test_there_must_be_something_to_move(tmp_path: Path, new_file: URL) -> None:
    nothing = make_url(f"sqlite+aiosqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(UnusableDatabaseError, match="no database"):
        asyncio.run(move(nothing, new_file))
    assert not Path(str(new_file.database)).exists()
