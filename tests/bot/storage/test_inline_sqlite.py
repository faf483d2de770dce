"""SQLite where it is called; a thread only for what may take long."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import make_url

from bot.storage import inline_sqlite


class Threads:
    """The threads in which a connection's statements ran."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.seen: set[int] = set()
        connection._conn.create_function("here", 0, self._note)

    def _note(self) -> int:
        self.seen.add(threading.get_ident())
        return 1


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    connection = await inline_sqlite.connect(make_url(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"))
    connection._conn.isolation_level = None
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA busy_timeout = 3000")
    await connection.execute("CREATE TABLE t (x)")
    yield connection
    await connection.close()


async def test_statements_run_where_they_are_called(connection: aiosqlite.Connection) -> None:
    threads = Threads(connection)
    cursor = await connection.execute("SELECT here() FROM (SELECT 1 UNION SELECT 2)")
    assert list(await cursor.fetchall()) == [(1,), (1,)]
    assert threads.seen == {threading.get_ident()}


async def test_a_lock_is_waited_for_in_a_thread(
    connection: aiosqlite.Connection, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(connection.execute("INSERT INTO t VALUES (1)"))
        began = time.monotonic()
        for _ in range(5):
            await asyncio.sleep(0.02)
        assert time.monotonic() - began < 2.5, "the event loop went on meanwhile"
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    cursor = await connection.execute("SELECT count(*) FROM t")
    assert await cursor.fetchone() == (1,)


async def test_a_lock_is_not_waited_for_for_ever(
    connection: aiosqlite.Connection, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await connection.execute("BEGIN IMMEDIATE")


async def test_a_closed_connection_says_so(tmp_path: Path) -> None:
    connection = await inline_sqlite.connect(make_url(f"sqlite+aiosqlite:///{tmp_path / 'b.db'}"))
    await connection.close()
    with pytest.raises(ValueError, match=r"[Nn]o active connection|[Cc]losed"):
        await connection.execute("SELECT 1")
