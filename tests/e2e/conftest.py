"""A Bot API server, people who chat, and the bot, in this process or in one of its own.

The server lives in the test's event loop, so it outlives any bot that a test kills.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from bot_process import BotProcess, until_polling
from fakes import small_models
from people import Person
from scenes import draw_scene
from servers import ApiServer
from talk import WAIT_SECONDS, RunningBot

from bot.app import LoadModels
from bot.sandbox import ADMIN, ALICE, BOB
from bot.sandbox.server import serve
from bot.settings import Settings

ASTRONAUT = Path(__file__).parents[1] / "data" / "astronaut.jpg"
FLICKR8K = Path(__file__).parents[2] / ".." / "shared" / "flickr8k"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def api_server(tmp_path: Path, http: aiohttp.ClientSession) -> AsyncIterator[ApiServer]:
    async with serve(tmp_path / "sandbox", port=0) as url:
        yield ApiServer(http, url)


@pytest.fixture
def alice(api_server: ApiServer) -> Person:
    return api_server.person(ALICE)


@pytest.fixture
def bob(api_server: ApiServer) -> Person:
    return api_server.person(BOB)


@pytest.fixture
def admin(api_server: ApiServer) -> Person:
    return api_server.person(ADMIN)


@pytest.fixture
async def start_bot(api_server: ApiServer, alice: Person, tmp_path: Path) -> AsyncIterator[Any]:
    """Starts the bot with small models in this test's event loop: `await start_bot()`.

    All on one data folder; more settings by name, other models by `load`. Returns it when it polls.
    """
    started: list[RunningBot] = []

    async def start(load: LoadModels = small_models, **settings: Any) -> RunningBot:
        before = (await alice.chat())["bot"]["polls"]
        bot = RunningBot(
            Settings(
                _env_file=None,
                bot_token=api_server.token,
                telegram_api_url=api_server.url,
                data_dir=tmp_path / "data",
                **{"admin_ids": frozenset({ADMIN.id}), **settings},
            ),
            load,
        )
        started.append(bot)
        for _ in range(int(WAIT_SECONDS * 10)):
            if (await alice.chat())["bot"]["polls"] > before:
                return bot
            await asyncio.sleep(0.1)
        raise AssertionError("The bot does not poll.")

    yield start
    for bot in started:
        await bot.stop()


@pytest.fixture
async def bot_process(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts the bot: `await bot_process(LOG_LEVEL="DEBUG")`; all on one data folder.

    Waits until it polls, unless `ready=False`. What still runs at the end is stopped.
    """
    started: list[BotProcess] = []

    async def start(*, ready: bool = True, **settings: str) -> BotProcess:
        log = tmp_path / f"bot{len(started)}.log"
        environment = {
            **os.environ,
            "BOT_TOKEN": api_server.token,
            "TELEGRAM_API_URL": api_server.url,
            "DATA_DIR": str(tmp_path / "data"),
            "ADMIN_IDS": str(ADMIN.id),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run"),
                cwd=tmp_path,  # away from any .env of the person who runs the tests
                env=environment,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        bot = BotProcess(process, log)
        started.append(bot)
        if ready:
            await until_polling(bot, api_server.person(ALICE))
        return bot

    yield start
    for bot in started:
        await bot.kill() if bot.process.returncode is not None else await bot.stop()


@pytest.fixture
def photo_bytes() -> bytes:
    """A photograph that no model was trained on: the astronaut Eileen Collins (NASA, 1993)."""
    return ASTRONAUT.read_bytes()


@pytest.fixture
def several_photos() -> list[bytes]:
    """Five different JPEGs: photographs where the Flickr8k folder is there, else drawn scenes."""
    names = FLICKR8K / "Flickr8k_text" / "Flickr_8k.devImages.txt"
    if names.exists():
        chosen = names.read_text().split()[:5]
        return [(FLICKR8K / "Flicker8k_Dataset" / name).read_bytes() for name in chosen]
    return [draw_scene(number) for number in range(5)]
