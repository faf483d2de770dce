"""A worker with everything around it in memory, but the database."""

import asyncio
import io
import struct
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence

from PIL import Image

from bot.people.users import Person
from bot.queue.claims import Claims
from bot.queue.jobs import Jobs, PhotoRef
from bot.queue.messenger import MessageGoneError
from bot.queue.models import Models
from bot.queue.steps import Announcement, Outcome
from bot.queue.worker import Worker
from bot.storage import Database
from bot.storage.tables import DONE, FAILED, Job
from captioning import Caption

BOT_ID = 42
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
PATIENCE = 30.0


def jpeg(shade: int = 100) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, shade, shade)).save(buffer, "JPEG")
    return buffer.getvalue()


def huge_png() -> bytes:
    """Some bytes that claim to be an image of 900 megapixels."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


class FakeCaptioner:
    """Says which model it is; does first what the test wants it to."""

    version = "1"
    fingerprint = "weights"

    def __init__(self, name: str) -> None:
        self.name = name
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.before: Callable[[Sequence[Image.Image]], object] = lambda images: None

    def caption(self, images: Sequence[Image.Image], **_options: object) -> list[Caption]:
        self.threads.add(threading.get_ident())
        self.batches.append(len(images))
        self.before(images)
        return [
            Caption(f"{self.name} of {image.width}.", ("a",), (0.5,), -0.7, None, self.name, "1")
            for image in images
        ]


class FakeMessenger:
    """A chat in memory; every step can be made to fail, once per error put into its list, and to
    wait for an event in `slow`, by its name and chat or file."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.messages: dict[int, str] = {}
        self.files: dict[str, bytes] = {}
        self.errors: dict[str, list[Exception]] = {}
        self.slow: dict[tuple[str, int | str], asyncio.Event] = {}
        self.withdrawn = asyncio.Event()
        self.while_announcing: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)

    def fail(self, call: str, *errors: Exception) -> None:
        self.errors.setdefault(call, []).extend(errors)

    async def _call(self, name: str, about: int | str = "") -> None:
        self.calls.append(name)
        await asyncio.sleep(0)
        if (name, about) in self.slow:
            await self.slow[name, about].wait()
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    def _write(self, text: str) -> int:
        message_id = 1000 + len(self.messages)
        self.messages[message_id] = text
        return message_id

    async def announce(self, announcement: Announcement) -> int:
        await self._call("announce", announcement.chat_id)
        message_id = self._write(f"place {announcement.place}")
        await self.while_announcing()
        return message_id

    async def withdraw(self, chat_id: int, message_id: int) -> None:
        await self._call("withdraw")
        del self.messages[message_id]
        self.withdrawn.set()

    async def show_activity(self, chat_id: int) -> None:
        await self._call("show_activity")

    async def download(self, file_id: str) -> bytes:
        await self._call("download", file_id)
        return self.files.get(file_id, jpeg())

    async def edit(self, outcome: Outcome) -> None:
        await self._call("edit", outcome.chat_id)
        if outcome.placeholder_id not in self.messages:
            raise MessageGoneError("gone")
        self.messages[outcome.placeholder_id] = drawn(outcome)

    async def send(self, outcome: Outcome) -> int:
        await self._call("send", outcome.chat_id)
        return self._write(drawn(outcome))

    async def doubt(self, outcome: Outcome) -> None:
        await self._call("doubt")

    @property
    def answers(self) -> list[str]:
        return [text for text in self.messages.values() if not text.startswith("place")]


def drawn(outcome: Outcome) -> str:
    return " + ".join(
        answer.failure or " / ".join(caption.text for caption in answer.captions)
        for answer in outcome.answers
    )


ANSWER = "resnet34-lstm of 32. / mobilenet-attention of 32."


class Bench:
    """A worker with everything around it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.messenger = FakeMessenger()
        self.captioners = {name: FakeCaptioner(name) for name in (RESNET, MOBILENET)}
        self.models = Models(self.captioners)
        self.worker = self.new_worker()
        self.jobs = Jobs(database, lambda: self.worker.wake())

    def new_worker(self) -> Worker:
        claims = Claims(self.database, BOT_ID, self.models.variants)
        return Worker(claims, self.messenger, self.models)

    async def send(self, number: int = 1, photo: str | None = None, chat_id: int = 7) -> int:
        accepted = await self.jobs.accept(
            bot_id=BOT_ID,
            chat_id=chat_id,
            message_id=number,
            user=Person(chat_id, "en"),
            photo=PhotoRef(f"file-{photo or number}", f"unique-{photo or number}", 64, 48),
            models=(RESNET, MOBILENET),
        )
        return accepted.job_id

    async def job(self, job_id: int) -> Job:
        async with self.database.read() as session:
            return await session.get_one(Job, job_id)

    async def until(self, condition: Callable[[Job], bool], *job_ids: int) -> list[Job]:
        deadline = time.monotonic() + PATIENCE
        while True:
            jobs = [await self.job(job_id) for job_id in job_ids]
            if all(map(condition, jobs)):
                return jobs
            if time.monotonic() > deadline:
                raise AssertionError([(job.state, job.attempts, job.failure) for job in jobs])
            await asyncio.sleep(0.02)

    async def finished(self, *job_ids: int) -> list[Job]:
        return await self.until(lambda job: job.state in (DONE, FAILED), *job_ids)
