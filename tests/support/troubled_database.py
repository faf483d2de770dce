"""Databases that cannot be written to for a while."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, Connection

from bot.storage import engine, postgresql
from bot.storage.engine import is_sqlite


def shorten_busy_timeout(monkeypatch: pytest.MonkeyPatch, milliseconds: int = 20) -> None:
    """Let writers that open from now on wait no longer than this for a lock."""
    pragmas = [it for it in engine.PRAGMAS if not it.startswith("busy_timeout")]
    monkeypatch.setattr(engine, "PRAGMAS", (*pragmas, f"busy_timeout = {milliseconds}"))
    monkeypatch.setitem(postgresql.SERVER_SETTINGS, "lock_timeout", str(milliseconds))


class Lock:
    """Another program's lock on a database: nobody else can write."""

    def __init__(self, release: Callable[[], None]) -> None:
        self.release = release

    @classmethod
    async def on(cls, place: Path | URL) -> "Lock":
        """Take it; who writes in this event loop meanwhile can end what it has begun.

        `place` is a SQLite file, or the address of a database.
        """
        if isinstance(place, URL) and not is_sqlite(place):
            locking = f"SELECT pg_advisory_lock({postgresql.WRITERS})"
            server = await asyncpg.connect(
                host=place.query["host"], user=place.username, database=place.database
            )
            await server.execute(locking)
            return cls(server.terminate)
        path = Path(str(place.database)) if isinstance(place, URL) else place
        other = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")

        def release() -> None:
            other.execute("ROLLBACK")
            other.close()

        return cls(release)


class Disk:
    """A disk that can be full for databases that open from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        begin = engine.begin_transaction

        def begin_on_this_disk(connection: Connection) -> None:
            begin(connection)
            # SQLite raises it to the pages that there are.
            pages = 1 if self.is_full else 2**30
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        monkeypatch.setattr(engine, "begin_transaction", begin_on_this_disk)
