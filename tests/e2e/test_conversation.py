"""A person talks with the bot: everything that can be said and pressed in a private chat.

The bot runs in the test's event loop with small models, since what is tested is what it says and
not what it sees; test_browser.py has the trained ones.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import app
from bot.presentation import (
    document_text,
    forgotten_answer_text,
    plain_text_text,
    unknown_command_text,
)
from bot.sandbox import ADMIN
from bot.settings import Settings
from captioning import MODELS

RESNET, MOBILENET = "ResNet-34 + LSTM", "MobileNet + attention"
WAIT_SECONDS = 90.0

Message = dict[str, Any]


@dataclass(frozen=True)
class Words:
    """What the bot uses of a caption."""

    text: str
    words: tuple[str, ...] = ("a", "photo")
    word_probabilities: tuple[float, ...] = (0.5, 0.5)
    log_probability: float = -1.4


class SmallCaptioner:
    """Answers at once, and never twice the same."""

    version = "1"

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def caption(self, images: Sequence[Image.Image]) -> list[Words]:
        self._count += len(images)
        return [Words(f"<Caption> {self._count} & of {self._name}.") for _ in images]


def small_models() -> dict[str, Any]:
    return {name: SmallCaptioner(name) for name in MODELS}


class RunningBot:
    """The whole bot as a task."""

    def __init__(self, settings: Settings) -> None:
        self._task = asyncio.create_task(app.run(settings, load=small_models))

    async def stop(self) -> None:
        """End it as a terminal or a container does, if it has not ended yet."""
        if not self._task.done():
            os.kill(os.getpid(), signal.SIGTERM)  # aiogram listens while it polls
        await asyncio.wait_for(self._task, WAIT_SECONDS)


@pytest.fixture
async def start_bot(api_server: Any, alice: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """Starts the bot on this test's data folder, and returns it when it polls."""
    settings = Settings(
        _env_file=None,
        bot_token=api_server.token,
        telegram_api_url=api_server.url,
        data_dir=tmp_path / "data",
        admin_ids=frozenset({ADMIN.id}),
    )
    started: list[RunningBot] = []

    async def start() -> RunningBot:
        before = (await alice.chat())["bot"]["polls"]
        bot = RunningBot(settings)
        started.append(bot)
        for _ in range(int(WAIT_SECONDS * 10)):
            if (await alice.chat())["bot"]["polls"] > before:
                return bot
            await asyncio.sleep(0.1)
        raise AssertionError("The bot does not poll.")

    yield start
    for bot in started:
        await bot.stop()


def buttons(message: Message) -> list[list[str]]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [[button["text"] for button in row] for row in rows]


def data(message: Message, row: int, column: int) -> str:
    return str(message["reply_markup"]["inline_keyboard"][row][column]["callback_data"])


def says(text: str) -> Callable[[Message], bool]:
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
    for _ in range(int(WAIT_SECONDS * 10)):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"In {WAIT_SECONDS:.0f} s it did not come true that {what}.")


def kept(data_dir: Path) -> list[Path]:
    folder = data_dir / "photos"
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_getting_to_know_each_other(
    start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes
) -> None:
    await start_bot()

    start = await answer_to(alice, "/start")
    assert "What is stored" in start["text"]
    assert any(entity["type"] == "bold" for entity in start["entities"])
    assert "The captions are in English." in (await answer_to(alice, "/help"))["text"]
    assert (await answer_to(alice, "/nonsense"))["text"] == unknown_command_text()
    assert (await answer_to(alice, "/stats"))["text"] == unknown_command_text()
    assert (await answer_to(alice, "Hello there"))["text"] == plain_text_text()

    commands = [item["command"] for item in (await alice.chat())["commands"]]
    assert commands == ["start", "help", "model", "forget"]

    document = await alice.send_document(photo_bytes, "photo.jpg", "image/jpeg")
    reply = await alice.wait_for(says(document_text(is_image=True)))
    assert reply["reply_to_message"]["message_id"] == document["message_id"]

    # One model, then the other about the same photo, in the same message.
    question = await answer_to(alice, "/model")
    assert buttons(question) == [["✅ Both models"], [RESNET], [MOBILENET]]
    pressed = await alice.press(question["message_id"], MOBILENET)
    assert pressed["answered"]
    assert MOBILENET in pressed["text"]
    await shows(alice, question["message_id"], [["Both models"], [RESNET], [f"✅ {MOBILENET}"]])

    answer = await captioned(alice, photo_bytes)
    assert answer["text"] == f"{MOBILENET}\n<Caption> 1 & of mobilenet-attention."
    assert buttons(answer) == [["👍", "👎"], [f"Also ask {RESNET}"]]
    ask_other = data(answer, 1, 0)
    first, second = await asyncio.gather(
        alice.press(answer["message_id"], ask_other),
        alice.press(answer["message_id"], ask_other, stale=True),
    )
    assert first["answered"]
    assert second["answered"]
    both = await alice.wait_for(
        lambda message: RESNET in message["text"] and len(buttons(message)) == 2
    )
    assert both["message_id"] == answer["message_id"]
    assert MOBILENET in both["text"]
    assert both["text"].endswith(answer["text"].splitlines()[1]), "the first caption stays"

    # The choice of one person is not that of another.
    assert buttons(await answer_to(admin, "/model"))[0] == ["✅ Both models"]


async def test_rating_changing_and_taking_back(
    start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    unrated = [["👍 ResNet-34", "👎 ResNet-34"], ["👍 MobileNet", "👎 MobileNet"]]
    assert buttons(answer) == unrated
    good, bad = data(answer, 0, 0), data(answer, 0, 1)

    assert (await alice.press(place, good))["text"] == "👍 Thank you!"
    await shows(alice, place, [["✅ 👍 ResNet-34", "👎 ResNet-34"], unrated[1]])
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a rated photo is kept")

    await alice.press(place, bad)
    await shows(alice, place, [["👍 ResNet-34", "✅ 👎 ResNet-34"], unrated[1]])

    # The buttons of an old answer work after a restart.
    await bot.stop()
    await start_bot()
    assert (await alice.press(place, bad))["text"] == "Your rating is taken back."
    await shows(alice, place, unrated)
    await eventually(lambda: kept(tmp_path / "data") == [], "an unrated photo is not")

    # Three presses within a moment: on, off, on.
    presses = await asyncio.gather(*(alice.press(place, good, stale=True) for _ in range(3)))
    assert all(press["answered"] for press in presses)
    await shows(alice, place, [["✅ 👍 ResNet-34", "👎 ResNet-34"], unrated[1]])

    stats = await answer_to(admin, "/stats")
    lines = stats["text"].splitlines()
    assert "Photos: 1 / 1 / 1" in lines
    assert "Captions: 2 / 2 / 2" in lines
    assert any(
        line.startswith(f"{RESNET}: 👍 1 👎 0 – 100% 👍 (95 %: 21% to 100%)") for line in lines
    )
    assert f"{MOBILENET}: no ratings yet" in lines
    assert "stats" in [item["command"] for item in (await admin.chat())["commands"]]


async def test_forgetting(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes], tmp_path: Path
) -> None:
    await start_bot()
    first, common = several_photos[:2]
    answer = await captioned(alice, first)
    await captioned(alice, common)
    bobs = await captioned(bob, common)
    await alice.press(answer["message_id"], data(answer, 0, 0))
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a rated photo is kept")

    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], "No, keep it")
    await alice.wait_for(says("Nothing was deleted."))

    question = await answer_to(alice, "/forget")
    yes = data(question, 0, 0)
    presses = await asyncio.gather(
        alice.press(question["message_id"], yes),
        alice.press(question["message_id"], yes, stale=True),
    )
    assert all(press["answered"] for press in presses)
    await alice.wait_for(says("Deleted: 2 photos, 4 captions, 1 rating, and your settings."))
    assert kept(tmp_path / "data") == []

    pressed = await alice.press(answer["message_id"], data(answer, 0, 0))
    assert pressed["text"] == forgotten_answer_text()
    await alice.wait_for(lambda m: m["message_id"] == answer["message_id"] and not buttons(m))

    # Bob's answer is his own.
    assert (await bob.press(bobs["message_id"], data(bobs, 0, 1)))["text"].startswith("👎")
