"""What the webhook answers: only what is stored is acknowledged."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiogram import Bot, Dispatcher, Router
from aiogram.types import ErrorEvent, Message
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from scripted_api import Server, ok, refusal
from talk import eventually

from bot.addresses import Address
from bot.door.listening import MAX_BODY_BYTES, create_app
from bot.door.webhook import Deliveries, receive
from bot.storage.availability import DatabaseUnavailableError
from bot.telegram.startup import StartError

SECRET = "s3cret-of-this-bot"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def update(number: int, text: str = "hello") -> dict[str, Any]:
    chat = {"id": 7, "type": "private"}
    message = {"message_id": number, "date": 0, "chat": chat, "text": text}
    return {"update_id": number, "message": message}


class Handled:
    """A router that says what it has handled, and fails as it is told."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.troubles: list[Exception] = []
        self.router = Router()
        self.router.message.register(self.handle)
        self.errors: list[ErrorEvent] = []
        self.router.errors.register(self.note)

    async def note(self, event: ErrorEvent) -> None:
        self.errors.append(event)

    async def handle(self, message: Message) -> None:
        await asyncio.sleep(0.01)
        if self.troubles:
            raise self.troubles.pop()
        self.texts.append(message.text)


@pytest.fixture
def handled() -> Handled:
    return Handled()


@pytest.fixture
async def telegram(handled: Handled, client: Bot) -> AsyncIterator[TestClient[Any, Any]]:
    """Brings updates as Telegram does."""
    dispatcher = Dispatcher()
    dispatcher.include_router(handled.router)
    app = create_app()
    Deliveries(dispatcher, client, SECRET).register(app, path="/hook")
    async with TestClient(TestServer(app), headers={HEADER: SECRET}) as telegram:
        yield telegram


async def test_what_is_handled_is_acknowledged(telegram: Any, handled: Handled) -> None:
    response = await telegram.post("/hook", json=update(1))
    assert (response.status, handled.texts) == (200, ["hello"])


async def test_updates_are_handled_one_after_another(telegram: Any, handled: Handled) -> None:
    words = [str(number) for number in range(10)]
    await asyncio.gather(*(telegram.post("/hook", json=update(int(it), it)) for it in words))
    assert handled.texts == words


async def test_what_is_not_stored_comes_again(telegram: Any, handled: Handled) -> None:
    handled.troubles = [DatabaseUnavailableError("away")] * 4
    statuses = [(await telegram.post("/hook", json=update(1))).status for _ in range(5)]
    assert statuses == [503, 503, 503, 503, 200]
    assert handled.texts == ["hello"]


async def test_what_fails_by_itself_is_set_aside(telegram: Any, handled: Handled) -> None:
    handled.troubles = [RuntimeError("a mistake")] * 3
    statuses = [(await telegram.post("/hook", json=update(1))).status for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert len(handled.errors) == 1, "it is told once"


@pytest.mark.parametrize("secret", ["", "s3cret", "секрет", SECRET + "x"])
async def test_strangers_are_turned_away(telegram: Any, handled: Handled, secret: str) -> None:
    headers = {HEADER: secret} if secret else {HEADER: ""}
    response = await telegram.post("/hook", json=update(1), headers=headers)
    assert (response.status, handled.texts) == (401, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"message": {}}',
        b'{"update_id": "1"}',
        b"\xff\xfe",
        b"[" * 99999,
    ],
)
async def test_nonsense_is_refused_without_a_trace(
    telegram: Any, handled: Handled, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        response = await telegram.post("/hook", data=body)
    assert (response.status, handled.texts) == (400, [])
    assert "Traceback" not in caplog.text
    assert [it for it in caplog.records if it.levelno > logging.WARNING] == []


async def test_large_bodies_are_refused(telegram: Any, handled: Handled) -> None:
    body = json.dumps(update(1, "x" * MAX_BODY_BYTES)).encode()
    assert (await telegram.post("/hook", data=body)).status == 413
    assert handled.texts == []


async def test_an_update_of_an_unknown_kind_is_passed_over(telegram: Any, handled: Handled) -> None:
    odd = {"update_id": 1, "thought": {"text": "private"}}
    assert (await telegram.post("/hook", json=odd)).status == 200
    assert handled.texts == []


async def test_other_paths_and_methods_are_none(telegram: Any) -> None:
    assert (await telegram.post("/", json=update(1))).status == 404
    assert (await telegram.get("/hook")).status == 405


async def free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_the_webhook_is_set_when_it_can_be_answered(
    handled: Handled, client: Bot, server: Server
) -> None:
    port = await free_port()
    asked: list[dict[str, Any]] = []

    async def set_webhook(request: web.Request) -> web.StreamResponse:
        asked.append(dict(await request.post()))
        headers = {HEADER: asked[-1]["secret_token"]}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://127.0.0.1:{port}/hook", json=update(1), headers=headers) as answer,
        ):
            assert answer.status == 200
        return await ok()(request)

    server.on("setWebhook", set_webhook)
    dispatcher = Dispatcher()
    dispatcher.include_router(handled.router)
    address = Address("127.0.0.1", port)
    receiving = asyncio.create_task(
        receive(dispatcher, client, "https://bot.example/hook", address, None)
    )
    await eventually(lambda: bool(handled.texts), "nothing was handled")
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(receiving, 20) is None
    assert asked[0]["url"] == "https://bot.example/hook"
    assert len(asked[0]["secret_token"]) > 30, "made anew"
    assert json.loads(asked[0]["allowed_updates"]) == ["message"]
    assert server.count("deleteWebhook") == 0, "Telegram keeps what comes until the next start"


async def test_a_refused_address_is_one_line(client: Bot, server: Server) -> None:
    server.on("setWebhook", refusal(400, "Bad Request: bad webhook: IP address is reserved"))
    address = Address("127.0.0.1", await free_port())
    with pytest.raises(StartError, match=r"WEBHOOK_URL .*IP address is reserved"):
        await receive(Dispatcher(), client, "https://10.0.0.1/hook", address, SECRET)


async def test_it_ends_with_the_right_to_receive(client: Bot, server: Server) -> None:
    server.on("setWebhook", ok())

    async def lose() -> None:
        raise RuntimeError("another has it")

    address = Address("127.0.0.1", await free_port())
    right = asyncio.create_task(lose())
    reason = await asyncio.wait_for(
        receive(Dispatcher(), client, "https://bot.example/hook", address, SECRET, right), 20
    )
    assert reason == "another has it"
