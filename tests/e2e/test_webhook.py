"""The whole bot behind a webhook: Telegram brings the updates."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from talk import WAIT_SECONDS, RunningBot, captioned

from bot.addresses import Address
from bot.settings import Settings

Start = Any


async def free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.fixture
async def start_behind_webhook(api_server: Any, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the bot, and waits until Telegram knows its webhook; returns where its health is."""
    started: list[RunningBot] = []
    port, health = await free_port(), await free_port()

    async def start() -> tuple[RunningBot, str]:
        bot = RunningBot(
            Settings(
                _env_file=None,
                bot_token=api_server.token,
                telegram_api_url=api_server.url,
                data_dir=tmp_path / "data",
                webhook_url=f"http://127.0.0.1:{port}/secret-path",
                webhook_listen=Address("127.0.0.1", port),
                health_listen=Address("127.0.0.1", health),
            )
        )
        started.append(bot)
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                if await ready(f"http://127.0.0.1:{health}") == 200 and await webhook(api_server):
                    break
                await asyncio.sleep(0.1)
        return bot, f"http://127.0.0.1:{health}"

    yield start
    for bot in started:
        await bot.stop()


async def ready(health: str) -> int:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{health}/ready") as response:
            return response.status
    except aiohttp.ClientConnectorError:
        return 0


async def metrics(health: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"{health}/metrics") as response:
        return await response.text()


async def webhook(api_server: Any) -> str:
    return str((await api_server.call("getWebhookInfo"))["result"]["url"])


async def test_a_photo_is_answered_and_polling_comes_back(
    start_behind_webhook: Start, start_bot: Any, alice: Any, photo_bytes: bytes, api_server: Any
) -> None:
    bot, health = await start_behind_webhook()
    answer = await captioned(alice, photo_bytes)
    assert "MobileNet" in answer["text"]
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            page = await metrics(health)
            if "captionbot_answer_seconds_count 1.0" in page:
                break
            await asyncio.sleep(0.1)
    assert 'captionbot_telegram_calls_total{method="EditMessageText",outcome="ok"}' in page

    await bot.stop()
    assert await webhook(api_server), "it stays, and Telegram keeps what comes"
    late = await alice.send_photo(photo_bytes)
    await start_bot()  # without WEBHOOK_URL
    await alice.wait_for(
        lambda it: (
            it.get("reply_to_message", {}).get("message_id") == late["message_id"]
            and "MobileNet" in it.get("text", "")
        )
    )
    assert await webhook(api_server) == ""


async def test_what_came_while_the_bot_was_away_is_brought_again(
    start_behind_webhook: Start, alice: Any, photo_bytes: bytes
) -> None:
    bot, _ = await start_behind_webhook()
    await bot.stop()
    sent = await alice.send_photo(photo_bytes)
    await start_behind_webhook()
    answers: list[Any] = []

    async def look() -> None:
        while not answers:
            await asyncio.sleep(0.1)
            answers.extend(it for it in await alice.from_bot() if "MobileNet" in it.get("text", ""))

    await asyncio.wait_for(look(), WAIT_SECONDS)
    assert [it["reply_to_message"]["message_id"] for it in answers] == [sent["message_id"]]
