"""SQLite without a change of threads for every statement.

aiosqlite hands each call to a thread: creating a cursor, executing, fetching, closing. That is four
times two changes of thread for a statement that takes microseconds, and while models compute in
other threads, each change may wait for Python's lock. Here statements run where they are called.
A thread is left what may take long: waiting for a lock that another process holds, and writing
to the disk. Queries over whole tables belong to a connection of aiosqlite's own.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import URL

_CHUNK = 64
_BLOCKING = ("BEGIN IMMEDIATE", "PRAGMA", "VACUUM")


def connect(url: URL) -> aiosqlite.Connection:
    """A connection to the database at a URL, to be awaited."""
    places, options = url.get_dialect()().create_connect_args(url)
    connector = partial(sqlite3.connect, *places, **{**options, "check_same_thread": False})
    connection = InlineConnection(connector, _CHUNK)
    # It ends with the program, as SQLAlchemy lets those of aiosqlite.
    connection._thread.daemon = True
    return connection


class InlineConnection(aiosqlite.Connection):
    """A connection of aiosqlite that uses its thread only for what may block.

    It waits for locks as long as its `busy_timeout` was set to when it was prepared.
    """

    _patience_ms: int | None = None

    async def _execute(self, fn: Callable[..., Any], *args: Any, **options: Any) -> Any:
        call = partial(fn, *args, **options)
        if self._running and self._connection is not None and not _may_block(fn, args):
            if self._patience_ms is None and fn.__name__.startswith("execute"):
                (self._patience_ms,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
                self._wait_for_locks(0)
            try:
                return call()
            except sqlite3.OperationalError as error:
                # Nothing was done, so it can be done again, where waiting holds up nobody.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
        in_thread: Any = super()._execute
        return await in_thread(self._patiently, call)

    def _patiently(self, call: Callable[[], Any]) -> Any:
        if self._patience_ms is None:
            return call()
        self._wait_for_locks(self._patience_ms)
        try:
            return call()
        finally:
            with suppress(sqlite3.ProgrammingError):  # it may be closed now
                self._wait_for_locks(0)

    def _wait_for_locks(self, milliseconds: int) -> None:
        self._conn.execute(f"PRAGMA busy_timeout = {milliseconds}")


def _may_block(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    name = getattr(function, "__name__", "")
    if name in ("execute", "executemany", "executescript"):
        return str(arguments[0]).startswith(_BLOCKING)
    owner = getattr(function, "__self__", None)
    # A rollback only forgets pages; a cursor holds what it has found.
    return isinstance(owner, sqlite3.Connection) and name in ("commit", "close")
