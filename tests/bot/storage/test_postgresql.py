"""What people are told who give the bot a PostgreSQL that it cannot use."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from postgresql import WORKING, PostgreSQLServer
from sqlalchemy import URL, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bot.storage import Database, availability
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.condition import UnusableDatabaseError
from bot.storage.migrate import check_newest, migrate
from bot.storage.postgresql import why_not
from bot.storage.tables import User

ADDRESS = make_url("postgresql+asyncpg://me:hunter2@db.example/captions")


@pytest.fixture
async def server(postgresql_server: PostgreSQLServer) -> AsyncIterator[PostgreSQLServer]:
    """The server with a user who may do nothing, and without databases that a test has made."""
    await postgresql_server.execute("CREATE ROLE guest LOGIN")
    yield postgresql_server
    await postgresql_server.drop("ours")
    await postgresql_server.execute("DROP OWNED BY guest", database=WORKING)
    await postgresql_server.execute("DROP ROLE guest")


async def refusal(url: URL) -> str:
    with pytest.raises(UnusableDatabaseError) as caught:
        await migrate(url)
    told = str(caught.value)
    assert "\n" not in told
    return told


async def test_no_such_database(server: PostgreSQLServer) -> None:
    assert "createdb -O captionbot ours" in await refusal(server.url("ours"))


async def test_no_such_user(server: PostgreSQLServer) -> None:
    told = await refusal(server.url(user="stranger"))
    assert "refuses the user stranger" in told
    assert "DATABASE_URL" in told


async def test_nobody_listens(server: PostgreSQLServer, tmp_path: Path) -> None:
    nowhere = server.url().update_query_dict({"host": str(tmp_path)})
    assert "cannot be reached" in await refusal(nowhere)
    unused = make_url("postgresql+asyncpg://me@127.0.0.1:1/captions")
    assert "127.0.0.1:1 cannot be reached" in await refusal(unused)
    with pytest.raises(UnusableDatabaseError, match="cannot be reached"):
        await check_newest(unused)


async def test_an_option_that_the_driver_does_not_know(server: PostgreSQLServer) -> None:
    url = server.url().update_query_dict({"colour": "blue"})
    assert "colour" in await refusal(url)


async def test_a_user_who_may_not_make_tables(server: PostgreSQLServer) -> None:
    await server.execute("CREATE DATABASE ours")
    told = await refusal(server.url("ours", user="guest"))
    assert "ALTER DATABASE ours OWNER TO guest" in told


async def test_a_user_who_may_not_write_to_the_tables(server: PostgreSQLServer) -> None:
    await server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", database=WORKING)
    told = await refusal(server.url(user="guest"))
    assert "INSERT on" in told
    assert f"ALTER DATABASE {WORKING} OWNER TO guest" in told


async def test_a_database_that_cannot_hold_all_letters(server: PostgreSQLServer) -> None:
    await server.execute("CREATE DATABASE ours ENCODING 'LATIN1' TEMPLATE template0")
    assert "stores text as LATIN1" in await refusal(server.url("ours"))


class ServerError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__("it says so")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DBAPIError("", {}, ServerError("28P01")), "user and password"),
        (DBAPIError("", {}, ServerError("53300")), "connections"),
        (DBAPIError("", {}, ServerError("57P03")), "wait until it is"),
        (DBAPIError("", {}, ServerError("25006")), "primary server"),
        (TimeoutError(), "db.example:5432 cannot be reached"),
    ],
)
def test_each_trouble_has_its_cure(error: Exception, words: str) -> None:
    told = why_not(ADDRESS, error)
    assert told is not None
    assert words in told
    assert "hunter2" not in told


def test_a_mistake_of_the_program_is_none_of_the_server() -> None:
    assert why_not(ADDRESS, DBAPIError("", {}, ServerError("42601"))) is None


async def test_a_server_that_restarts_is_a_trouble_that_passes(
    server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(availability, "LONGEST_PAUSE", 0.05)
    database = Database(await server.copy("ours"))
    async with database.write() as session:
        session.add(User(id=1))
    server.stop()
    try:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError):
                async with database.read() as session:
                    await session.get(User, 1)
    finally:
        server.start()
    async with database.write() as session:
        session.add(User(id=2))
    assert database.availability.trouble is None
    async with database.read() as session:
        assert (await session.scalars(select(User.id).order_by(User.id))).all() == [1, 2]
    await database.close()


async def test_a_right_that_is_taken_away_is_a_trouble_that_passes(
    server: PostgreSQLServer,
) -> None:
    await server.execute("GRANT SELECT ON users TO guest", database=WORKING)
    database = Database(server.url(user="guest"))
    async with database.read() as session:
        await session.get(User, 1)
    with pytest.raises(DatabaseUnavailableError, match="permission denied"):
        async with database.write() as session:
            session.add(User(id=1))
    await database.close()


async def test_writers_of_several_programs_wait_for_each_other(server: PostgreSQLServer) -> None:
    url = await server.copy("ours")
    programs = [Database(url), Database(url)]
    async with programs[0].write() as session:
        session.add(User(id=1, model_choice=""))

    async def append(database: Database, letter: str) -> None:
        async with database.write() as session:
            user = await session.get_one(User, 1)
            await session.execute(text("SELECT pg_sleep(0.01)"))
            user.model_choice += letter

    letters = "abcdef"
    both = programs * 3
    await asyncio.gather(*(append(it, letter) for it, letter in zip(both, letters, strict=True)))
    async with programs[0].read() as session:
        user = await session.get_one(User, 1)
    assert sorted(user.model_choice) == list(letters)
    for database in programs:
        await database.close()
