"""A database of each kind with nothing in it, not even tables."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgresql import PostgreSQLServer
from sqlalchemy import URL, Connection, make_url

from bot.storage.engine import as_writer
from bot.storage.migrate import open_migration_engine

Work = Callable[[Connection], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    if request.param == "sqlite":
        yield make_url(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
        return
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    asyncio.run(server.execute("CREATE DATABASE bare"))
    yield server.url("bare")
    asyncio.run(server.drop("bare"))


@pytest.fixture
def within(bare_url: URL) -> Callable[[Work], None]:
    """Does something in a transaction as migrations have it: `within(lambda connection: …)`."""

    async def run(work: Work) -> None:
        engine = open_migration_engine(bare_url)
        try:
            async with as_writer(engine).begin() as connection:
                await connection.run_sync(work)
        finally:
            await engine.dispose()

    return lambda work: asyncio.run(run(work))
