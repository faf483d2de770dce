"""Databases that cannot be written to for a while."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.storage import engine


def shorten_busy_timeout(monkeypatch: pytest.MonkeyPatch, milliseconds: int = 20) -> None:
    """Let writers that open from now on wait no longer than this for a lock."""
    pragmas = [it for it in engine.PRAGMAS if not it.startswith("busy_timeout")]
    monkeypatch.setattr(engine, "PRAGMAS", (*pragmas, f"busy_timeout = {milliseconds}"))


class Lock:
    """Another program's lock on a SQLite file: nobody else can write."""

    def __init__(self, other: sqlite3.Connection) -> None:
        self._other = other

    @classmethod
    async def on(cls, path: Path) -> "Lock":
        """Take it; who writes in this event loop meanwhile can end what it has begun."""
        other = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        return cls(other)

    def release(self) -> None:
        self._other.execute("ROLLBACK")
        self._other.close()


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
