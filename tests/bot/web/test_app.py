"""The page without Telegram as a whole: it starts, keeps what is rated, and stops."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest
from fakes import small_models
from web_parts import Visit

from bot.data_folder import DataFolderError, exclusive
from bot.settings import Settings
from bot.web import app as web_app

PATIENCE = 60.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path / "data")


async def test_a_rated_photo_is_kept_and_a_signal_ends_it(settings: Settings) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        web_app.run(
            settings, "127.0.0.1", 0, behind_proxy=False, load=small_models, ready=ready.set_result
        )
    )
    async with asyncio.timeout(PATIENCE):
        address = await ready
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            page = Visit(http, address)
            await page.open()
            photo = await page.send()
            await page.ask("POST", f"photos/{photo['id']}/rating", {"caption": 0, "value": 1})
            while not list(settings.photos_dir.glob("*.jpg")):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)
        await running
    with exclusive(settings.data_dir):
        pass


async def test_it_does_not_share_a_folder_with_a_running_bot(settings: Settings) -> None:
    with exclusive(settings.data_dir), pytest.raises(DataFolderError, match="in use"):
        await web_app.run(settings, "127.0.0.1", 0, behind_proxy=False, load=small_models)
