"""What end-to-end tests say to the bot, and how they read its messages."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from fakes import small_models

from bot import app
from bot.settings import Settings

WAIT_SECONDS = 90.0

Message = dict[str, Any]


class RunningBot:
    """The whole bot as a task of the test's event loop; `models` are its captioners by name."""

    def __init__(self, settings: Settings, load: app.LoadModels = small_models) -> None:
        self.models: Mapping[str, Any] = load()
        self._task = asyncio.create_task(app.run(settings, load=lambda: self.models))

    async def stop(self) -> None:
        """End it as a terminal or a container does, if it has not ended yet."""
        if not self._task.done():
            os.kill(os.getpid(), signal.SIGTERM)  # aiogram listens while it polls
        await asyncio.wait_for(self._task, WAIT_SECONDS)


def buttons(message: Message) -> list[list[str]]:
    """The texts of a message's buttons, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [[button["text"] for button in row] for row in rows]


def data(message: Message, row: int, column: int) -> str:
    """What a button carries."""
    return str(message["reply_markup"]["inline_keyboard"][row][column]["callback_data"])


def data_of(message: Message, text: str) -> str:
    """What the first button whose text contains `text` carries."""
    for row in message["reply_markup"]["inline_keyboard"]:
        for button in row:
            if text in button["text"]:
                return str(button["callback_data"])
    raise AssertionError(f"No button {text!r} among {buttons(message)}")


def says(text: str) -> Callable[[Message], bool]:
    """Whether a message contains a text."""
    return lambda message: text in message.get("text", "")


async def answer_to(person: Any, command: str) -> Message:
    """What the bot answers to a text: its first message after it."""
    sent = await person.send_text(command)
    return await person.wait_for(lambda message: message["message_id"] > sent["message_id"])


async def captioned(person: Any, photo: bytes) -> Message:
    """Send a photo, and wait for the message with its captions."""
    sent = await person.send_photo(photo)
    return await person.wait_for(
        lambda message: message["message_id"] > sent["message_id"] and buttons(message),
        timeout=WAIT_SECONDS,
    )


async def shows(person: Any, message_id: int, expected: list[list[str]]) -> Message:
    """Wait until a message has these buttons."""
    return await person.wait_for(
        lambda message: message["message_id"] == message_id and buttons(message) == expected
    )


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    for _ in range(int(WAIT_SECONDS * 10)):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"In {WAIT_SECONDS:.0f} s it did not come true that {what}.")
