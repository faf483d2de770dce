"""What ends polling, and what is confirmed at the end."""

import asyncio
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.types import Message
from aiohttp import web
from scripted_api import Server, ok, refusal

from bot.telegram import polling
from bot.telegram.polling import poll
from bot.telegram.startup import CONFLICT, REFUSED

PATIENCE = 30.0
ME = ok({"id": 123456, "is_bot": True, "first_name": "B", "username": "b"})
CONFLICTING = refusal(409, "Conflict: terminated by other getUpdates request")


def update(number: int) -> dict[str, Any]:
    chat = {"id": 7, "type": "private"}
    message = {"message_id": 1, "date": 0, "chat": chat, "text": "Hello"}
    return {"update_id": number, "message": message}


async def test_a_revoked_token_ends_it(client: Bot, server: Server) -> None:
    server.on("getMe", ME)
    server.on("getUpdates", ok([]), refusal(401, "Unauthorized"))
    answers: list[None] = []
    ending = poll(Dispatcher(), client, on_answer=lambda: answers.append(None))
    assert await asyncio.wait_for(ending, PATIENCE) == REFUSED
    assert len(answers) == 1, "a refusal is no answer"


async def test_another_poller_ends_it(
    client: Bot, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "CONFLICTS", 1)
    server.on("getMe", ME)
    server.on("getUpdates", CONFLICTING)
    assert await asyncio.wait_for(poll(Dispatcher(), client), PATIENCE) == CONFLICT


async def test_what_was_handled_is_confirmed_when_it_ends(client: Bot, server: Server) -> None:
    dispatcher = Dispatcher()
    tasks: set[asyncio.Task[None]] = set()
    offsets: list[object] = []
    ended = asyncio.Event()

    @dispatcher.message()
    async def stop(_message: Message) -> None:
        tasks.add(asyncio.create_task(dispatcher.stop_polling()))

    async def updates(request: web.Request) -> web.StreamResponse:
        asked = await request.post()
        if asked.get("limit") == "1":
            offsets.append(asked["offset"])
            return await ok([])(request)
        if server.count("getUpdates") == 1:
            return await ok([update(41)])(request)
        await ended.wait()  # a long poll, which is given up
        return await ok([])(request)

    server.on("getMe", ME)
    server.on("getUpdates", updates)
    assert await asyncio.wait_for(poll(dispatcher, client), PATIENCE) is None
    ended.set()
    assert offsets == ["42"]
