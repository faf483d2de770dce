"""What keeps the bot from starting, or ends it: one line with the cause and the cure."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from fakes import small_models
from PIL import Image
from postgresql import PostgreSQLServer
from pydantic import SecretStr

import bot.telegram.polling
from bot import app
from bot.data_folder import DataFolderError, exclusive
from bot.sandbox import ALICE, SANDBOX_TOKEN
from bot.sandbox.server import serve
from bot.settings import Settings
from bot.storage.condition import UnusableDatabaseError
from bot.storage.front_end import AnotherFrontEndError, FrontEnd
from bot.telegram.startup import StartError

PATIENCE = 60.0


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[str]:
    async with serve(tmp_path / "telegram", port=0) as address:
        yield address


@pytest.fixture
def settings(api: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        bot_token=SecretStr(SANDBOX_TOKEN),
        telegram_api_url=api,
        data_dir=tmp_path / "data",
    )


async def refused(settings: Settings) -> str:
    expected = (StartError, DataFolderError, UnusableDatabaseError, AnotherFrontEndError)
    with pytest.raises(expected) as caught:
        await asyncio.wait_for(app.run(settings, load=small_models), PATIENCE)
    line = str(caught.value)
    assert "\n" not in line
    assert SANDBOX_TOKEN not in line
    return line


async def test_without_a_token_the_sandbox_is_named(settings: Settings) -> None:
    line = await refused(settings.model_copy(update={"bot_token": None}))
    assert "BOT_TOKEN" in line
    assert "captionbot sandbox" in line


async def test_a_refused_token(settings: Settings) -> None:
    wrong = SecretStr("4242:another-token-that-nobody-has-ever-given")
    line = await refused(settings.model_copy(update={"bot_token": wrong}))
    assert "refuses BOT_TOKEN" in line
    assert "@BotFather" in line


async def test_no_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.telegram.connection.FIRST_DELAY", 0.01)
    line = await refused(settings.model_copy(update={"telegram_api_url": "http://127.0.0.1:9"}))
    assert "http://127.0.0.1:9" in line
    assert "TELEGRAM_API_URL" in line


async def test_a_data_folder_in_use(settings: Settings) -> None:
    with exclusive(settings.data_dir):
        line = await refused(settings)
    assert f"process {os.getpid()}" in line
    assert "DATA_DIR" in line


async def test_a_data_folder_that_is_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = await refused(settings.model_copy(update={"data_dir": tmp_path / "file"}))
    assert "cannot be written to" in line


async def test_a_database_server_that_is_away(settings: Settings) -> None:
    away = SecretStr("postgresql://me:hunter2@127.0.0.1:1/captions")
    line = await refused(settings.model_copy(update={"database_url": away}))
    assert "PostgreSQL at 127.0.0.1:1 cannot be reached" in line
    assert "hunter2" not in line


async def test_a_database_that_another_bot_of_this_token_uses(
    settings: Settings, postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.front_end.TAKEOVER_SECONDS", 0.1)
    url = postgresql_server.url()
    elsewhere = FrontEnd(url, int(SANDBOX_TOKEN.partition(":")[0]))
    await elsewhere.take()
    address = SecretStr(url.render_as_string(hide_password=False))
    line = await refused(settings.model_copy(update={"database_url": address}))
    assert "Another process serves this bot" in line
    await elsewhere.release()


async def webhook_server(url: str, deleted: list[str]) -> web.AppRunner:
    """A Bot API with a webhook, which the sandbox does not have."""

    async def answer(request: web.Request) -> web.Response:
        method = request.match_info["name"]
        if method == "deleteWebhook":
            deleted.append(dict(await request.post()).get("drop_pending_updates", ""))
        result = {
            "getMe": {"id": 4242, "is_bot": True, "first_name": "B", "username": "b"},
            "getWebhookInfo": {
                "url": url,
                "has_custom_certificate": False,
                "pending_update_count": 3,
            },
            "deleteWebhook": True,
        }.get(method)
        if result is None:
            body = {"ok": False, "error_code": 401, "description": "Unauthorized"}
            return web.json_response(body, status=401)
        return web.json_response({"ok": True, "result": result})

    server = web.Application()
    server.router.add_route("*", "/bot{token}/{name}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def test_a_webhook_is_left_alone_unless_asked(settings: Settings) -> None:
    deleted: list[str] = []
    runner = await webhook_server("https://bots.example/hooks/secret-path", deleted)
    here = settings.model_copy(
        update={"telegram_api_url": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    )
    line = await refused(here)
    assert "bots.example" in line
    assert "--delete-webhook" in line
    assert "secret-path" not in line
    assert deleted == []
    # That server then refuses polling, which ends the bot as a revoked token does.
    with pytest.raises(StartError, match="refuses BOT_TOKEN"):
        await asyncio.wait_for(app.run(here, delete_webhook=True, load=small_models), PATIENCE)
    assert deleted in ([""], ["false"])
    await runner.cleanup()


async def test_another_poller_ends_the_bot(
    settings: Settings, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.telegram.polling, "CONFLICTS", 2)

    async def rival() -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                address = f"{api}/bot{SANDBOX_TOKEN}/getUpdates"
                async with http.post(address, json={"timeout": 20}) as response:
                    await response.read()

    polling = asyncio.create_task(rival())
    try:
        line = await refused(settings)
    finally:
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
    assert "Another program polls" in line


async def test_a_photo_is_answered_and_a_signal_ends_the_bot(
    settings: Settings, api: str, tmp_path: Path
) -> None:
    running = asyncio.create_task(app.run(settings, load=small_models))
    image = tmp_path / "photo.png"
    Image.new("RGB", (64, 48), "green").save(image)
    chat = f"{api}/sandbox/api/chats/{ALICE.id}"
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        form = aiohttp.FormData({"caption": "", "reply_to": ""})
        form.add_field("file", image.read_bytes(), filename="photo.png")
        (await http.post(f"{chat}/photo", data=form)).raise_for_status()
        while True:
            messages = (await (await http.get(chat)).json())["messages"]
            if any("<Caption> 1 &" in message.get("text", "") for message in messages):
                break
            await asyncio.sleep(0.1)
    assert len(messages) == 2
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 10)
