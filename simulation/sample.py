"""A few people who talk with the real bot, through the sandbox's Bot API."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from pydantic import SecretStr

from bot import app
from bot.sandbox import SANDBOX_TOKEN, USERS
from bot.sandbox.server import serve
from bot.settings import Settings
from captioning import CaptioningError
from simulation.people import Kind, Person
from training.datasets import Record

_WAIT_SECONDS = 240.0
_LIKE, _DISLIKE = "👍", "👎"


class SandboxTalkError(CaptioningError):
    """The bot did not do what people waited for."""


async def talk_in_sandbox(
    data_dir: Path,
    sandbox: Path,
    captioners: Mapping[str, Any],
    photos: Sequence[Record],
    seed: int,
) -> int:
    """Let the sandbox's people send photos to the bot in private, and press its buttons.

    Args:
        data_dir: the bot's folder.
        sandbox: where the sandbox keeps its state.

    Returns:
        How many ratings were given.

    Raises:
        SandboxTalkError: when the bot does not answer.
    """
    chance = np.random.default_rng((seed, 3))
    async with serve(sandbox, port=0) as url, aiohttp.ClientSession() as http:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a bot of one's own has nothing to say here
            bot_token=SecretStr(SANDBOX_TOKEN),
            telegram_api_url=url,
            data_dir=data_dir,
            photos_per_minute=0,
            photos_per_day=0,
        )
        bot = asyncio.create_task(app.run(settings, load=lambda: captioners))
        try:
            pressed = 0
            for number, record in enumerate(photos):
                person = Person(number, Kind.HONEST, demands=0.6)
                chat = _Chat(http, f"{url}/sandbox/api/chats/{USERS[number % len(USERS)].id}", bot)
                pressed += await _about(chat, person, record, chance)

            # The bot fetches rated photos by and by; those of another server it never could.
            async def are_kept() -> bool:
                return await _kept(settings.photos_dir) == len(photos)

            await _until(are_kept, bot)
            return pressed
        finally:
            if not bot.done():
                os.kill(os.getpid(), signal.SIGTERM)  # aiogram listens while it polls
            await bot


async def _about(chat: "_Chat", person: Person, record: Record, chance: np.random.Generator) -> int:
    """Send a photo, rate each of its captions, and perhaps write a better one."""
    answer = await chat.send_photo(record.image)
    buttons = [button for row in answer["reply_markup"]["inline_keyboard"] for button in row]
    likes, dislikes = (
        [button["callback_data"] for button in buttons if sign in button["text"]]
        for sign in (_LIKE, _DISLIKE)
    )
    value = 0
    for like, dislike in zip(likes, dislikes, strict=True):
        # The text of the answer holds what all models said: who reads it judges all at once.
        value = person.rates(answer["text"], record.captions, chance)
        await chat.press(answer["message_id"], like if value > 0 else dislike)
    text = person.writes(value, record.captions, record.captions, chance)
    if text is not None:
        await chat.reply(answer["message_id"], text)
    return len(likes)


class _Chat:
    """Somebody's private chat, through the API that the chat page uses."""

    def __init__(self, http: aiohttp.ClientSession, url: str, bot: "asyncio.Task[None]") -> None:
        self._http, self._url, self._bot = http, url, bot

    async def send_photo(self, path: Path) -> dict[str, Any]:
        """Send a photo; returns the bot's answer with its buttons."""
        form = aiohttp.FormData()
        content = await asyncio.to_thread(path.read_bytes)
        form.add_field("photo", content, filename=path.name, content_type="image/jpeg")
        async with self._http.post(f"{self._url}/photo", data=form) as response:
            sent = await response.json()
        return await self._answer(sent["message_id"])

    async def press(self, message_id: int, data: str) -> None:
        body = {"message_id": message_id, "data": data, "wait": 30.0, "stale": False}
        async with self._http.post(f"{self._url}/press", json=body) as response:
            response.raise_for_status()

    async def reply(self, message_id: int, text: str) -> None:
        """Write a text, and wait until the bot has said something about it."""
        body = {"text": text, "reply_to": message_id}
        async with self._http.post(f"{self._url}/text", json=body) as response:
            sent = await response.json()
        await self._answer(sent["message_id"], with_buttons=False)

    async def _answer(self, after: int, *, with_buttons: bool = True) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        async def has_come() -> bool:
            async with self._http.get(self._url) as response:
                chat = await response.json()
            found[:] = (
                message
                for message in chat["messages"]
                if message["message_id"] > after
                and message["message_id"] in chat["from_bot"]
                and (message.get("reply_markup", {}).get("inline_keyboard") or not with_buttons)
            )
            return bool(found)

        await _until(has_come, self._bot)
        return found[0]


async def _until(condition: Callable[[], Awaitable[bool]], bot: "asyncio.Task[None]") -> None:
    """Wait until something is so, as long as the bot runs."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not await condition():
        if bot.done():
            await bot  # raises what ended it
            raise SandboxTalkError("the bot ended before it was told to")
        if time.monotonic() > deadline:
            raise SandboxTalkError(f"the bot did nothing for {_WAIT_SECONDS:.0f} s")
        await asyncio.sleep(0.2)


async def _kept(folder: Path) -> int:
    """How many photos the bot has kept."""
    return await asyncio.to_thread(
        lambda: len(list(folder.glob("*.jpg")) + list(folder.glob("*.png")))
    )
