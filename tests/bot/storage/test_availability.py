"""What is made of a database that is locked, full or away."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from troubled_database import Disk, Lock, shorten_busy_timeout

from bot.storage import Database, availability
from bot.storage.availability import Availability, DatabaseUnavailableError
from bot.storage.tables import User


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_busy_timeout(monkeypatch)
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(availability, "LONGEST_PAUSE", 0.05)


async def add(database: Database, user_id: int) -> None:
    async with database.write() as session:
        session.add(User(id=user_id))


async def test_a_lock_of_another_program_is_a_trouble_that_passes(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    lock = await Lock.on(database.url)
    for user_id in (1, 2, 3):
        with pytest.raises(DatabaseUnavailableError, match="lock"):
            await add(database, user_id)
    trouble = database.availability.trouble
    assert trouble is not None
    assert trouble.cause in ("database is locked", "canceling statement due to lock timeout")
    async with database.read() as session:
        assert await session.get(User, 1) is None, "it can still be read"
    assert database.availability.trouble is trouble

    lock.release()
    await asyncio.sleep(0.06)
    await add(database, 4)
    assert database.availability.trouble is None
    said = [record.getMessage() for record in caplog.records]
    assert [it.partition(" (")[0] for it in said[:1]] == ["The database cannot be used"]
    assert len(said) == 2
    assert "can be used again" in said[1]


async def test_those_who_wait_for_the_lock_do_not_each_wait_in_vain(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "FIRST_PAUSE", 5.0)
    shorten_busy_timeout(monkeypatch, 300)
    lock = await Lock.on(database.url)
    before = time.monotonic()
    results = await asyncio.gather(
        *(add(database, user_id) for user_id in range(20)), return_exceptions=True
    )
    assert time.monotonic() - before < 3, "20 times 0.3 s are 6"
    assert {type(result) for result in results} == {DatabaseUnavailableError}
    lock.release()


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    disk.is_full = True
    with pytest.raises(DatabaseUnavailableError, match="full"):
        async with database.write() as session:
            await session.execute(text("CREATE TABLE large AS SELECT randomblob(100000)"))
    disk.is_full = False
    await asyncio.sleep(0.06)
    async with database.write():
        pass
    assert database.availability.trouble is None
    await database.close()


async def test_waiting_ends_with_the_trouble(database: Database) -> None:
    lock = await Lock.on(database.url)
    with pytest.raises(DatabaseUnavailableError):
        await add(database, 1)
    waiting = asyncio.create_task(database.availability.wait(30))
    await asyncio.sleep(0.06)
    assert not waiting.done()
    lock.release()
    await add(database, 1)
    await asyncio.wait_for(waiting, 5)


async def test_mistakes_are_not_taken_for_it(database: Database) -> None:
    await add(database, 1)
    with pytest.raises(IntegrityError):
        await add(database, 1)
    with pytest.raises((OperationalError, ProgrammingError), match="unheard_of"):
        async with database.read() as session:
            await session.execute(text("SELECT * FROM unheard_of"))
    assert database.availability.trouble is None


class ServerError(Exception):
    """As PostgreSQL's driver tells what its server says."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("the server says so")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (DBAPIError("", {}, ServerError("57P01")), True),
        (DBAPIError("", {}, ServerError("53100")), True),
        (DBAPIError("", {}, ServerError("23505")), False),
        (DBAPIError("", {}, ServerError("?"), connection_invalidated=True), True),
        (ConnectionRefusedError("nobody listens"), True),
        (FileNotFoundError("no such file"), False),
        (OSError(28, "No space left on device"), True),
        (sqlite3.OperationalError("no such column"), False),
        (ValueError("nonsense"), False),
    ],
)
def test_what_passes(error: Exception, passes: bool) -> None:
    found = Availability()
    with pytest.raises(DatabaseUnavailableError if passes else type(error)), found.reading():
        raise error
    assert (found.trouble is not None) is passes


def test_a_server_that_can_be_read_again_is_back() -> None:
    found = Availability()
    with pytest.raises(DatabaseUnavailableError), found.reading():
        raise ConnectionRefusedError
    with found.reading():
        pass
    assert found.trouble is None
