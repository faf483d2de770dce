import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from bot.storage import Database
from bot.storage.migrate import migrate
from bot.storage.tables import Photo, User


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    await migrate(url)
    database = Database(url)
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("busy_timeout", 5000), ("foreign_keys", 1), ("synchronous", 2)],
)
async def test_every_connection_is_set_up(database: Database, pragma: str, value: object) -> None:
    async with database.read() as one, database.read() as other, database.write() as writer:
        for session in (one, other, writer):
            assert (await session.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value


async def test_a_write_is_committed_and_an_error_takes_it_back(database: Database) -> None:
    async with database.write() as session:
        session.add(User(id=1))
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session:
            session.add(User(id=2))
            await session.flush()
            raise ZeroDivisionError
    async with database.read() as session:
        assert (await session.scalars(select(User.id))).all() == [1]


async def test_a_savepoint_taken_back_leaves_the_rest(database: Database) -> None:
    async with database.write() as session:
        session.add(User(id=1))
        await session.flush()
        session.expunge_all()
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                session.add(User(id=1))
                await session.flush()
        session.add(User(id=2))
    async with database.read() as session:
        assert (await session.scalars(select(User.id))).all() == [1, 2]


async def test_writers_wait_for_each_other_from_their_first_read_on(database: Database) -> None:
    async with database.write() as session:
        session.add(User(id=1, model_choice=""))

    async def append(letter: str) -> None:
        async with database.write() as session:
            user = await session.get_one(User, 1)
            await asyncio.sleep(0.01)
            user.model_choice += letter

    await asyncio.gather(*map(append, "abcdef"))
    async with database.read() as session:
        user = await session.get_one(User, 1)
    assert sorted(user.model_choice) == list("abcdef")


async def test_a_writer_excludes_other_processes(database: Database) -> None:
    async with database.write() as session:
        await session.execute(select(User.id))
        other = sqlite3.connect(str(database.url.database), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO users (id, created_at, last_seen_at) VALUES (7, '', '')")
        other.close()


async def test_a_reader_sees_one_state(database: Database) -> None:
    async with database.read() as reader:
        assert (await reader.scalars(select(func.count(User.id)))).one() == 0
        async with database.write() as writer:
            writer.add(User(id=1))
        assert (await reader.scalars(select(func.count(User.id)))).one() == 0


async def test_a_reader_cannot_turn_into_a_late_writer(database: Database) -> None:
    async with database.read() as reader:
        await reader.scalars(select(User.id))
        async with database.write() as writer:
            writer.add(User(id=1))
        reader.add(User(id=2))
        with pytest.raises(OperationalError, match="locked"):
            await reader.flush()


async def test_moments_are_kept_in_utc(database: Database) -> None:
    moment = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    async with database.write() as session:
        session.add(User(id=1, created_at=moment))
    async with database.read() as session:
        user = await session.get_one(User, 1)
    assert user.created_at == moment
    assert user.created_at.tzinfo == UTC


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        async with database.write() as session:
            session.add(User(id=1, created_at=datetime(2026, 1, 1)))


async def test_an_id_is_never_given_again(database: Database) -> None:
    async def add() -> int:
        async with database.write() as session:
            photo = Photo(file_unique_id="u", file_id="f", width=1, height=1)
            session.add(photo)
            await session.flush()
            return photo.id

    first = await add()
    async with database.write() as session:
        await session.execute(delete(Photo))
    assert await add() > first
