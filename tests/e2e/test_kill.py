"""Killing the bot at any commit of a photo's way leaves exactly one message with captions."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from postgresql import PostgreSQLServer

from bot.texts.answers import answer_is_here_text, doubt_text

MORTAL_BOT = Path(__file__).parents[1] / "support" / "mortal_bot.py"
STEPS = ("accept", "unannounced", "announced", "uncaptioned", "store", "unshown", "finish")
SECONDS = 120.0

Start = Callable[..., Any]


class Nursery:
    """Forks bots off one process, one bot at a time (see mortal_bot.py)."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(MORTAL_BOT)],
            cwd=log.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.pid: int | None = None

    async def start(self, environment: dict[str, str]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(environment), file=self._process.stdin, flush=True)
        self.pid = await self._read("started")

    async def ended(self) -> int:
        """The exit code of the bot; minus the signal that killed it."""
        code = await self._read("ended")
        self.pid = None
        return code

    async def _read(self, word: str) -> int:
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            line = await asyncio.to_thread(self._process.stdout.readline)
        found, number = line.split()
        assert found == word
        return int(number)

    def close(self) -> None:
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()
        self._log.close()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("bots") / "log")
    yield nursery
    nursery.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the bot has its state: nothing for a file in its data folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    yield asyncio.run(server.copy("mortal")).render_as_string(hide_password=False)
    asyncio.run(server.drop("mortal"))


@pytest.fixture
async def start(
    api_server: Any, tmp_path: Path, nursery: Nursery, database_url: str
) -> AsyncIterator[Start]:
    """Starts a mortal bot."""

    async def start(kill_at: str = "") -> None:
        await nursery.start(
            {
                "BOT_TOKEN": api_server.token,
                "TELEGRAM_API_URL": api_server.url,
                "DATA_DIR": str(tmp_path / "data"),
                "DATABASE_URL": database_url,
                "KILL_AT": kill_at,
            }
        )

    yield start
    if nursery.pid is not None:
        os.kill(nursery.pid, signal.SIGKILL)
        await nursery.ended()


@pytest.fixture
def dies_at(start: Start, nursery: Nursery) -> Start:
    """Starts a bot and waits until it has killed itself at a commit."""

    async def dies_at(point: str) -> None:
        await start(point)
        assert await nursery.ended() == -signal.SIGKILL

    return dies_at


def bears_captions(message: Any) -> bool:
    return "MobileNet" in message.get("text", "")


def answers_to(messages: list[Any], photo: Any) -> list[Any]:
    return [
        message
        for message in messages
        if bears_captions(message)
        and message.get("reply_to_message", {}).get("message_id") == photo["message_id"]
    ]


async def all_answered(person: Any, photos: list[Any]) -> list[Any]:
    async with asyncio.timeout(SECONDS):
        while True:
            messages = await person.from_bot()
            if all(answers_to(messages, photo) for photo in photos):
                return messages
            await asyncio.sleep(0.2)


def new_photo(number: int) -> bytes:
    """A photo that nobody has sent before: a known one skips most of the steps."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (number, 100, 200)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_one_answer_to_each_photo_whatever_commit_the_bot_is_killed_at(
    alice: Any, start: Start, dies_at: Start, nursery: Nursery
) -> None:
    photos = []
    points = [f"{step}:{moment}" for step in STEPS for moment in ("before", "after")]
    for number, point in enumerate(points):
        # Each start also goes on with what the kill before has left behind.
        photos.append(await alice.send_photo(new_photo(10 * number)))
        await dies_at(point)
    await start()
    await all_answered(alice, photos)
    await asyncio.sleep(1)  # a second answer would come now
    messages = await alice.from_bot()
    assert [len(answers_to(messages, photo)) for photo in photos] == [1] * len(photos)
    # A kill between sending placeholders and storing them leaves these behind: at least the one
    # that it was aimed at, and any that were under way for other photos at that moment.
    orphans = [message for message in messages if not bears_captions(message)]
    assert orphans
    os.kill(nursery.pid, signal.SIGTERM)
    assert await nursery.ended() == 0


@pytest.mark.parametrize("step", STEPS)
async def test_killed_again_and_again_at_the_same_commit(
    alice: Any, photo_bytes: bytes, start: Start, dies_at: Start, step: str
) -> None:
    photo = await alice.send_photo(photo_bytes)
    for _ in range(2):
        await dies_at(f"{step}:before")
    await start()
    await all_answered(alice, [photo])
    await asyncio.sleep(0.5)
    assert len(answers_to(await alice.from_bot(), photo)) == 1


async def test_an_album_has_one_answer_whatever_commit_the_bot_is_killed_at(
    alice: Any, start: Start, dies_at: Start
) -> None:
    album = await alice.send_album([new_photo(shade) for shade in (1, 2, 3)])
    for step in ("accept", "announced", "store", "unshown", "finish"):
        await dies_at(f"{step}:before")
    await start()
    await all_answered(alice, album[:1])
    await asyncio.sleep(1)
    answers = [message for message in await alice.from_bot() if bears_captions(message)]
    assert len(answers) == 1
    assert [f"{number}." in answers[0]["text"] for number in (1, 2, 3)] == [True] * 3


async def without_placeholder(alice: Any, photo: bytes, dies_at: Start) -> Any:
    """Sends a photo whose placeholder is deleted before it becomes the answer."""
    sent = await alice.send_photo(photo)
    await dies_at("unshown:before")
    [placeholder] = await alice.from_bot()
    await alice.delete(placeholder["message_id"])
    return sent


@pytest.mark.parametrize(
    ("point", "answers"),
    [
        ("sending:before", 1),
        # Here nobody can know whether it was sent; it is asked instead of sending it again.
        ("sending:after", 0),
        ("finish:before", 1),
        ("finish:after", 1),
    ],
)
async def test_a_new_message_is_never_sent_twice(
    alice: Any, photo_bytes: bytes, start: Start, dies_at: Start, point: str, answers: int
) -> None:
    photo = await without_placeholder(alice, photo_bytes, dies_at)
    await dies_at(point)
    await start()
    # An answer to a later photo shows that the bot is through with the first.
    other = await alice.send_photo(photo_bytes)
    await all_answered(alice, [other])
    await asyncio.sleep(0.5)
    messages = await alice.from_bot()
    assert len(answers_to(messages, photo)) == answers
    asked = [message for message in messages if doubt_text() in message.get("text", "")]
    # Killed before it could store that it was sent, the bot does not know either.
    assert len(asked) == (point in ("sending:after", "finish:before"))


async def test_an_answer_that_got_lost_is_shown_when_somebody_misses_it(
    alice: Any, photo_bytes: bytes, start: Start, dies_at: Start
) -> None:
    photo = await without_placeholder(alice, photo_bytes, dies_at)
    # A known photo has no placeholder to begin with.
    again = await alice.send_photo(photo_bytes)
    await dies_at("sending:after")
    await dies_at("sending:after")
    await start()
    # The second kill may have come just after the first question.
    for sent in (photo, again):
        message = await asked_about(alice, sent)
        show = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        presses = await asyncio.gather(
            *(alice.press(message["message_id"], show, stale=True) for _ in range(2))
        )
        assert all(press["answered"] for press in presses)
    messages = await all_answered(alice, [photo, again])
    assert [len(answers_to(messages, sent)) for sent in (photo, again)] == [1, 1]
    assert bears_captions(await alice.message(message["message_id"])), "it has become the answer"
    late = await alice.press(message["message_id"], show, stale=True)
    assert late["text"] == answer_is_here_text()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_while_asking_whether_an_answer_has_arrived(
    alice: Any, photo_bytes: bytes, start: Start, dies_at: Start, moment: str
) -> None:
    known = await alice.send_photo(photo_bytes)
    await dies_at("finish:after")
    await all_answered(alice, [known])
    photo = await alice.send_photo(photo_bytes)
    await dies_at("sending:after")
    await dies_at(f"finish:{moment}")
    await start()
    other = await alice.send_photo(new_photo(0))
    await all_answered(alice, [other])
    asked = await doubts(alice)
    # Better asked twice than not at all; and however often it is pressed, one answer comes.
    assert len(asked) == (2 if moment == "before" else 1)
    for message in asked:
        show = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        assert (await alice.press(message["message_id"], show))["answered"]
    messages = await all_answered(alice, [photo])
    assert len(answers_to(messages, photo)) == 1


async def asked_about(alice: Any, photo: Any) -> Any:
    """The newest question whether the answer to a photo has arrived, as soon as there is one."""
    return await alice.wait_for(
        lambda it: (
            doubt_text() in it.get("text", "")
            and it["reply_to_message"]["message_id"] == photo["message_id"]
        )
    )


async def doubts(alice: Any) -> list[Any]:
    """The messages that ask whether an answer has arrived, oldest first."""
    return [it for it in await alice.from_bot() if doubt_text() in it.get("text", "")]
