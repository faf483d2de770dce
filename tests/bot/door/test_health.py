"""What a container's engine and Prometheus are told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot
from aiohttp.test_utils import TestClient, TestServer
from troubled_database import Lock, shorten_busy_timeout

from bot.door.health import HealthPages
from bot.queue.steps import Variant
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.tables import User


class Engine:
    """Asks the pages of a bot, whose worker may stop."""

    def __init__(self, http: Any, pages: HealthPages) -> None:
        self._http = http
        self.pages = pages
        self.is_working = True

    async def asks(self, path: str) -> tuple[int, str]:
        response = await self._http.get(path)
        return response.status, await response.text()


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    pages = HealthPages()
    async with TestClient(TestServer(pages.app())) as http:
        yield Engine(http, pages)


@pytest.fixture
async def started(engine: Engine, client: Bot, database: Database) -> AsyncIterator[Engine]:
    variants = {"resnet34-lstm": Variant("0.2.0", "default")}
    lag = engine.pages.watch(client, database, lambda: variants, lambda: engine.is_working)
    yield engine
    lag.cancel()


async def test_a_bot_that_starts_is_alive_and_not_ready(engine: Engine) -> None:
    assert await engine.asks("/live") == (200, "alive\n")
    assert await engine.asks("/ready") == (503, "starting\n")
    assert (await engine.asks("/metrics"))[0] == 503


async def test_a_bot_that_runs_is_ready(started: Engine) -> None:
    assert await started.asks("/live") == (200, "alive\n")
    assert await started.asks("/ready") == (200, "ready\n")
    status, page = await started.asks("/metrics")
    assert status == 200
    assert 'captionbot_model_info{model="resnet34-lstm",version="0.2.0"} 1.0' in page


async def test_a_worker_that_died_is_to_be_started_anew(started: Engine) -> None:
    started.is_working = False
    assert (await started.asks("/live"))[0] == 503
    assert await started.asks("/ready") == (503, "the worker has stopped\n")


async def test_a_database_that_cannot_be_written_is_no_reason_to_start_anew(
    started: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_busy_timeout(monkeypatch)
    await database.close()  # for connections with the shorter timeout
    async with database.read() as session:
        await session.get(User, 1)
    lock = await Lock.on(database.url)
    with pytest.raises(DatabaseUnavailableError):
        async with database.write() as session:
            session.add(User(id=1))
    assert (await started.asks("/live"))[0] == 200
    assert await started.asks("/ready") == (503, "the database cannot be used\n")
    assert "captionbot_database_up 0.0" in (await started.asks("/metrics"))[1]
    lock.release()
    await asyncio.sleep(0.3)
    async with database.write() as session:
        session.add(User(id=1))
    assert (await started.asks("/ready"))[0] == 200
