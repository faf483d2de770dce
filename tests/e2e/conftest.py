"""A Bot API server, people who chat, and the bot as a process of its own.

The server lives in the test's event loop, so it outlives any bot that a test kills.
"""

import asyncio
import io
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image, ImageDraw, ImageFilter
from talk import WAIT_SECONDS, RunningBot

from bot.sandbox import ADMIN, ALICE, BOB, SANDBOX_TOKEN, SandboxGroup, SandboxUser
from bot.sandbox.server import serve
from bot.settings import Settings

ASTRONAUT = Path(__file__).parents[1] / "data" / "astronaut.jpg"
FLICKR8K = Path(__file__).parents[2] / ".." / "shared" / "flickr8k"
START_SECONDS = 240.0
ANSWER_SECONDS = 90.0
STOP_SECONDS = 30.0

Message = dict[str, Any]


class Person:
    """Someone who chats with the bot, as the chat page does it.

    In the private chat, unless `in_chat` gives the same person elsewhere.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        user: SandboxUser,
        chat_id: int | None = None,
    ) -> None:
        self.id = user.id
        self.name = user.first_name
        self.username = user.username
        self.chat_id = user.id if chat_id is None else chat_id
        self._http = http
        self._url = url
        self._user = user
        self._chat = f"{url}/sandbox/api/chats/{self.chat_id}"
        self._as = {"as": str(user.id)}

    def in_chat(self, chat: SandboxGroup | int) -> "Person":
        """The same person in the group or channel (bot.sandbox.GROUP, CHANNEL) or by chat id."""
        chat_id = chat if isinstance(chat, int) else chat.id
        return Person(self._http, self._url, self._user, chat_id)

    async def send_text(self, text: str, reply_to: int | None = None) -> Message:
        return await self._post("text", json={"text": text, "reply_to": reply_to})

    async def send_photo(
        self, data: bytes, caption: str = "", reply_to: int | None = None
    ) -> Message:
        return await self._upload("photo", [data], "photo.jpg", "image/jpeg", caption, reply_to)

    async def send_document(
        self,
        data: bytes,
        name: str = "picture.png",
        mime_type: str = "image/png",
        caption: str = "",
        reply_to: int | None = None,
    ) -> Message:
        return await self._upload("document", [data], name, mime_type, caption, reply_to)

    async def send_sticker(self, data: bytes, reply_to: int | None = None) -> Message:
        """A picture becomes a static sticker; gzipped data is an animated, WebM a video one."""
        return await self._upload("sticker", [data], "sticker.webp", "image/webp", "", reply_to)

    async def send_video(self, data: bytes, caption: str = "") -> Message:
        return await self._upload("video", [data], "video.mp4", "video/mp4", caption, None)

    async def send_album(
        self,
        photos: Sequence[bytes],
        caption: str = "",
        reply_to: int | None = None,
        *,
        kind: str = "photo",
        deliver: Sequence[int] | None = None,
    ) -> list[Message]:
        """Send 2 to 10 photos (or `kind="document"`s) as one album.

        `deliver` lists the places (from 0) whose updates the bot gets now, in this order, maybe
        twice; those left out come with `redeliver`.
        """
        name, mime_type = (
            ("photo.jpg", "image/jpeg") if kind == "photo" else ("file.png", "image/png")
        )
        more = {"kind": kind}
        if deliver is not None:
            more["deliver"] = ",".join(map(str, deliver))
        return await self._upload("album", photos, name, mime_type, caption, reply_to, **more)

    async def redeliver(self, message_id: int) -> None:
        """Let the bot get the update of a message (again)."""
        await self._post(f"messages/{message_id}/redeliver")

    async def edit(
        self,
        message_id: int,
        text: str | None = None,
        data: bytes | None = None,
        kind: str = "photo",
    ) -> Message:
        """Change the text or caption of a message, or put another photo (or document) in it."""
        if data is None:
            return await self._post(f"messages/{message_id}", json={"text": text})
        more = {"kind": kind} if text is None else {"kind": kind, "text": text}
        name, mime_type = (
            ("photo.jpg", "image/jpeg") if kind == "photo" else ("file.png", "image/png")
        )
        return await self._upload(
            f"messages/{message_id}", [data], name, mime_type, "", None, **more
        )

    async def press(
        self, message_id: int, button: str, *, wait: float = 30.0, stale: bool = False
    ) -> dict[str, Any]:
        """Press the button with this callback data, or the first whose text contains `button`.

        Returns `answered`, and with it `text`, `show_alert`. `stale` presses callback data that
        the message does not carry any more.
        """
        data = button if stale else self._find(await self.message(message_id), button)
        return await self._post(
            "press", json={"message_id": message_id, "data": data, "wait": wait, "stale": stale}
        )

    async def messages(self) -> list[Message]:
        """All messages of the chat, oldest first, as the Bot API shows them.

        A supergroup has those of the group that it was, too.
        """
        return (await self.chat())["messages"]

    async def message(self, message_id: int) -> Message:
        return next(found for found in await self.messages() if found["message_id"] == message_id)

    async def from_bot(self) -> list[Message]:
        """What the bot has written in this chat."""
        return _written_by_bot(await self.chat())

    async def chat(self) -> dict[str, Any]:
        """Messages, commands menu, members, `prompt` (of a ForceReply), whether the bot is polling;
        all of it in the docstring of bot/sandbox/person_api.py."""
        async with self._http.get(self._chat, params=self._as) as response:
            return await _answer(response)

    async def wait_for(
        self,
        predicate: Callable[[Message], Any],
        timeout: float = ANSWER_SECONDS,  # noqa: ASYNC109
    ) -> Message:
        """The newest message of the bot that fits the predicate, as soon as there is one."""
        deadline = time.monotonic() + timeout
        while True:
            chat = await self.chat()
            written = _written_by_bot(chat)
            for message in reversed(written):
                if predicate(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(
                    f"The bot's messages to {self.name} do not have what was waited for: {written}"
                )
            wait = {**self._as, "after": chat["last_event"], "wait": int(min(left, 5)) + 1}
            async with self._http.get(f"{self._chat}/events", params=wait) as response:
                await _answer(response)

    async def block(self, blocked: bool = True) -> None:
        await self._post("block", json={"blocked": blocked})

    async def delete(self, message_id: int) -> None:
        address = f"{self._chat}/messages/{message_id}"
        async with self._http.delete(address, params=self._as) as response:
            await _answer(response)

    async def speak(self, language_code: str) -> None:
        """Switch the person's Telegram to another language."""
        address = f"{self._url}/sandbox/api/users/{self.id}/language"
        body = {"language_code": language_code}
        async with self._http.post(address, json=body) as response:
            await _answer(response)

    async def migrate(self) -> int:
        """Make a supergroup of the group; returns its id."""
        return int((await self._post("migrate"))["id"])

    async def set_member(self, user_id: int, status: str) -> None:
        """Make someone (the bot's id is in `chat()["bot"]["id"]`) a member, administrator, left
        or kicked in this group or channel."""
        await self._post(f"members/{user_id}", json={"status": status})

    @staticmethod
    def _find(message: Message, button: str) -> str:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [found for row in rows for found in row if "callback_data" in found]
        for found in buttons:
            if found["callback_data"] == button:
                return str(button)
        for found in buttons:
            if button in found["text"]:
                return str(found["callback_data"])
        raise AssertionError(f"No button {button!r} among {[found['text'] for found in buttons]}")

    async def _post(self, action: str, **request: Any) -> Any:
        address = f"{self._chat}/{action}"
        async with self._http.post(address, params=self._as, **request) as response:
            return await _answer(response)

    async def _upload(
        self,
        action: str,
        files: Sequence[bytes],
        name: str,
        mime_type: str,
        caption: str,
        reply_to: int | None,
        **more: str,
    ) -> Any:
        form = aiohttp.FormData()
        for data in files:
            form.add_field("file", data, filename=name, content_type=mime_type)
        for field, value in {"caption": caption, "reply_to": str(reply_to or ""), **more}.items():
            form.add_field(field, value)
        return await self._post(action, data=form)


def _written_by_bot(chat: dict[str, Any]) -> list[Message]:
    ids = set(chat["from_bot"])
    return [message for message in chat["messages"] if message["message_id"] in ids]


class ApiServer:
    """A running sandbox server and what tests ask of it."""

    token = SANDBOX_TOKEN

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._http = http

    def person(self, user: SandboxUser) -> Person:
        return Person(self._http, self.url, user)

    async def fault(self, method: str, **trouble: Any) -> None:
        """Order trouble for coming calls: times, status, retry_after, delay, lose_answer,
        cut_after (see bot/sandbox/faults.py; the method "download" stands for file downloads).
        """
        fault = {"method": method, **trouble}
        async with self._http.post(f"{self.url}/sandbox/api/faults", json=fault) as response:
            await _answer(response)

    async def clear_faults(self) -> None:
        async with self._http.delete(f"{self.url}/sandbox/api/faults") as response:
            await _answer(response)

    async def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """The bot's calls so far (method, status, chat_id, message_id), polling left out."""
        async with self._http.get(f"{self.url}/sandbox/api/calls") as response:
            calls: list[dict[str, Any]] = await _answer(response)
        return [call for call in calls if method in (None, call["method"])]

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call the Bot API as a bot would; returns the whole answer, refusals too."""
        address = f"{self.url}/bot{self.token}/{method}"
        async with self._http.post(address, json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            return answer


class BotProcess:
    """`captionbot run` as a process; its output goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    async def stop(self) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            raise AssertionError(
                f"The bot did not end in {STOP_SECONDS:.0f} s:\n{self.output}"
            ) from None

    async def kill(self) -> None:
        """End it without a chance to tidy up (SIGKILL)."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def _answer(response: aiohttp.ClientResponse) -> Any:
    body = await response.json()
    if response.status != 200:
        raise AssertionError(f"{response.method} {response.url.path}: {body}")
    return body


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

    All on one data folder; more settings by name. Returns it when it polls.
    """
    started: list[RunningBot] = []

    async def start(**settings: Any) -> RunningBot:
        before = (await alice.chat())["bot"]["polls"]
        bot = RunningBot(
            Settings(
                _env_file=None,
                bot_token=api_server.token,
                telegram_api_url=api_server.url,
                data_dir=tmp_path / "data",
                **{"admin_ids": frozenset({ADMIN.id}), **settings},
            )
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
            await _until_polling(api_server, bot)
        return bot

    yield start
    for bot in started:
        await bot.kill() if bot.process.returncode is not None else await bot.stop()


async def _until_polling(api_server: ApiServer, bot: BotProcess) -> None:
    deadline = time.monotonic() + START_SECONDS
    someone = api_server.person(ALICE)
    before = (await someone.chat())["bot"]["polls"]
    while (chat := await someone.chat())["bot"]["polls"] == before:
        if bot.process.returncode is not None:
            raise AssertionError(f"The bot ended with {bot.process.returncode}:\n{bot.output}")
        if time.monotonic() > deadline:
            raise AssertionError(f"The bot does not poll: {chat['bot']}\n{bot.output}")
        await asyncio.sleep(0.2)


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
    return [_draw_scene(number) for number in range(5)]


def _draw_scene(number: int) -> bytes:
    """A dog-like figure on a meadow; position and colours differ from number to number."""
    image = Image.new("RGB", (640, 480))
    draw = ImageDraw.Draw(image)
    for row in range(480):
        sky, grass = (120 + row // 3, 170 + row // 6, 235), (60, 150 - row // 8, 50 + 8 * number)
        draw.line((0, row, 640, row), fill=sky if row < 260 else grass)
    left, coat = 130 + 45 * number, (110 + 25 * number, 75 + 8 * number, 40)
    draw.ellipse((left, 250, left + 190, 340), fill=coat)
    draw.ellipse((left + 150, 200, left + 240, 280), fill=coat)
    draw.polygon([(left + 165, 215), (left + 180, 170), (left + 200, 210)], fill=(60, 40, 25))
    for leg in (25, 60, 125, 160):
        draw.rectangle((left + leg, 320, left + leg + 16, 400), fill=coat)
    draw.line((left + 5, 280, left - 40, 230), fill=coat, width=14)
    draw.ellipse((left + 205, 228, left + 217, 240), fill="black")
    image = image.filter(ImageFilter.GaussianBlur(1.5))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
