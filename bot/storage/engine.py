"""The way to the database: one object that hands out sessions for reading and for writing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bot.storage import inline_sqlite
from bot.storage.availability import Availability

MINIMUM_SQLITE = (3, 35)
"""RETURNING, which claims rely on, came with this version."""

PRAGMAS = (
    "journal_mode = WAL",
    "busy_timeout = 5000",
    "foreign_keys = ON",
    # NORMAL would lose committed rows in WAL mode when the power goes.
    "synchronous = FULL",
)

BEGIN_OPTION = "captionbot_begin"


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def missing_file(url: URL) -> Path | None:
    """The file of a SQLite database that is not there yet; None for every other database."""
    if not is_sqlite(url) or not url.database:
        return None
    path = Path(url.database)
    return None if path.is_file() else path


def prepare_connection(dbapi_connection: Any, _record: object = None) -> None:
    """Set up a new SQLite connection (a listener for SQLAlchemy's "connect" event)."""
    # sqlite3 would begin transactions by itself, but only before INSERT, UPDATE and DELETE, so a
    # SELECT that decides a write would not belong to it. `begin_transaction` does it instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_transaction(connection: Connection) -> None:
    """Begin a transaction on SQLite (a listener for SQLAlchemy's "begin" event)."""
    mode = connection.get_execution_options().get(BEGIN_OPTION, "")
    connection.exec_driver_sql(f"BEGIN {mode}".rstrip())


class Database:
    """A pool of connections to the database at an SQLAlchemy URL.

    `sqlite+aiosqlite:///path` is the default of the bot. PostgreSQL's are accepted where its driver
    is installed; no test has one.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.availability = Availability()
        self._engine = self._patient_engine = create_async_engine(self.url)
        self._writer = self._patient_writer = self._engine
        self._write_lock: AbstractAsyncContextManager[object] = nullcontext()
        if is_sqlite(self.url):
            if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
                raise RuntimeError(
                    f"SQLite {sqlite3.sqlite_version} is too old; the bot needs "
                    f"{'.'.join(map(str, MINIMUM_SQLITE))} or newer."
                )
            self._engine = create_async_engine(
                self.url, async_creator=lambda: inline_sqlite.connect(self.url)
            )
            for engine in (self._engine, self._patient_engine):
                event.listen(engine.sync_engine, "connect", prepare_connection)
                event.listen(engine.sync_engine, "begin", begin_transaction)
            # A transaction that reads first and writes later fails at once, whatever the timeout,
            # when another one has written in between; so writers say from the start what they are.
            at_once = {BEGIN_OPTION: "IMMEDIATE"}
            self._writer = self._engine.execution_options(**at_once)
            self._patient_writer = self._patient_engine.execution_options(**at_once)
            # SQLite makes a second writer poll; among ourselves we can queue, in order.
            self._write_lock = asyncio.Lock()

    @asynccontextmanager
    async def read(self, *, long: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database throughout; it is rolled back.

        Its statements have to be quick, since the event loop waits for each: with SQLite they run
        in its thread. Those of a `long` one, which goes through whole tables, run in another.

        Raises:
            DatabaseUnavailableError: it cannot be read for a while.
        """
        with self.availability.reading():
            engine = self._patient_engine if long else self._engine
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def write(self, *, long: bool = False) -> AsyncIterator[AsyncSession]:
        """A session with a transaction that is committed at the end, or rolled back on an error.

        It holds the only right to write from its first statement on, so call nothing slow in it.
        `long` as for `read`.

        Raises:
            DatabaseUnavailableError: it cannot be written for a while, and nothing was.
        """
        async with self._write_lock:
            with self.availability.writing():
                writer = self._patient_writer if long else self._writer
                async with (
                    AsyncSession(writer, expire_on_commit=False) as session,
                    session.begin(),
                ):
                    yield session

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._patient_engine.dispose()
