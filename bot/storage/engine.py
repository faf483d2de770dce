"""The way to the database: one object that hands out sessions for reading and for writing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.storage import inline_sqlite, postgresql
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


def begin_on_server(connection: Connection) -> None:
    """The same on PostgreSQL, which has begun it already; writers queue."""
    if connection.get_execution_options().get(BEGIN_OPTION):
        postgresql.wait_for_other_writers(connection)


def open_engine(url: str | URL, *, patient: bool = False) -> AsyncEngine:
    """Connections to a database, set up as this program wants them.

    Those that are `patient` wait for any statement, as a migration has to: with SQLite in a thread
    of their own, with PostgreSQL however long it takes. A transaction that will write says so from
    the start, by `as_writer`.
    """
    url = make_url(url)
    if is_sqlite(url):
        if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
            raise RuntimeError(
                f"SQLite {sqlite3.sqlite_version} is too old; the bot needs "
                f"{'.'.join(map(str, MINIMUM_SQLITE))} or newer."
            )
        inline = {} if patient else {"async_creator": lambda: inline_sqlite.connect(url)}
        engine = create_async_engine(url, **inline)
        event.listen(engine.sync_engine, "connect", prepare_connection)
        event.listen(engine.sync_engine, "begin", begin_transaction)
        return engine
    engine = create_async_engine(
        url,
        connect_args=postgresql.connect_arguments(patient=patient),
        # Without this, the first to use each connection after a restart of the server would fail.
        pool_pre_ping=True,
    )
    event.listen(engine.sync_engine, "do_connect", postgresql.connect)
    event.listen(engine.sync_engine, "begin", begin_on_server)
    return engine


def as_reader(engine: AsyncEngine) -> AsyncEngine:
    """The engine for transactions that see one state of the database throughout."""
    if is_sqlite(engine.url):
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def as_writer(engine: AsyncEngine) -> AsyncEngine:
    """The engine for transactions that write.

    On SQLite, one that reads first and writes later fails at once, whatever the timeout, when
    another one has written in between; on PostgreSQL it may write what is no longer true.
    """
    return engine.execution_options(**{BEGIN_OPTION: "IMMEDIATE"})


class Database:
    """A pool of connections to the database at an SQLAlchemy URL.

    `sqlite+aiosqlite:///path` is the default of the bot; `postgresql+asyncpg://…` needs the extra
    `postgres`.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.availability = Availability()
        self._engine = self._patient_engine = open_engine(self.url)
        if is_sqlite(self.url):
            self._patient_engine = open_engine(self.url, patient=True)
        self._reader, self._patient_reader = map(as_reader, (self._engine, self._patient_engine))
        self._writer, self._patient_writer = map(as_writer, (self._engine, self._patient_engine))
        # SQLite makes a second writer poll; among ourselves we can queue, in order.
        self._write_lock = asyncio.Lock()

    @asynccontextmanager
    async def read(self, *, long: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database throughout; it is rolled back.

        Its statements have to be quick, since the event loop waits for each: with SQLite they run
        in its thread. Those of a `long` one, which goes through whole tables, run in another.
        To PostgreSQL it is all the same.

        Raises:
            DatabaseUnavailableError: it cannot be read for a while.
        """
        with self.availability.reading():
            reader = self._patient_reader if long else self._reader
            async with AsyncSession(reader, expire_on_commit=False) as session:
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
