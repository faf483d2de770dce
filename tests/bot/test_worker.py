import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

import bot.worker
from bot.claims import Claims
from bot.jobs import Jobs, PhotoRef
from bot.messenger import (
    FileGoneError,
    FileTooLargeError,
    MessageGoneError,
    UnavailableError,
    UncertainError,
    UnreachableError,
)
from bot.models import Models
from bot.privacy import Privacy
from bot.steps import Announcement, Outcome
from bot.storage import Database
from bot.storage.tables import CAPTIONED, DONE, FAILED, QUEUED, Job, User
from bot.storage.tables import Caption as StoredCaption
from bot.users import Person
from bot.worker import BATCH, Worker
from captioning import Caption

BOT_ID = 42
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
PATIENCE = 30.0


def jpeg(shade: int = 100) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, shade, shade)).save(buffer, "JPEG")
    return buffer.getvalue()


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
    """A chat in memory; every step can be made to fail, once per error put into its list."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.messages: dict[int, str] = {}
        self.files: dict[str, bytes] = {}
        self.errors: dict[str, list[Exception]] = {}
        self.after_send: Callable[[], object] = lambda: None
        self.withdrawn = asyncio.Event()
        self.while_announcing: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)

    def fail(self, call: str, *errors: Exception) -> None:
        self.errors.setdefault(call, []).extend(errors)

    async def _call(self, name: str) -> None:
        self.calls.append(name)
        await asyncio.sleep(0)
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    def _write(self, text: str) -> int:
        message_id = 1000 + len(self.messages)
        self.messages[message_id] = text
        return message_id

    async def announce(self, announcement: Announcement) -> int:
        await self._call("announce")
        message_id = self._write(f"place {announcement.place}")
        await self.while_announcing()
        return message_id

    async def withdraw(self, chat_id: int, message_id: int) -> None:
        await self._call("withdraw")
        del self.messages[message_id]
        self.withdrawn.set()

    async def show_activity(self, chat_id: int) -> None:
        await self._call("show_activity")

    async def download(self, file_id: str, max_bytes: int) -> bytes:
        await self._call("download")
        return self.files.get(file_id, jpeg())

    async def edit(self, outcome: Outcome) -> None:
        await self._call("edit")
        if outcome.placeholder_id not in self.messages:
            raise MessageGoneError("gone")
        self.messages[outcome.placeholder_id] = drawn(outcome)

    async def send(self, outcome: Outcome) -> int:
        await self._call("send")
        message_id = self._write(drawn(outcome))
        self.after_send()
        return message_id

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

    async def send(self, number: int = 1, photo: str | None = None) -> int:
        accepted = await self.jobs.accept(
            bot_id=BOT_ID,
            chat_id=7,
            message_id=number,
            user=Person(7, "en"),
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


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.worker, "FIRST_DELAY", timedelta(milliseconds=1))
    monkeypatch.setattr("bot.stage.POLL_SECONDS", 0.05)


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    bench = Bench(database)
    yield bench
    await bench.worker.stop(5)
    await bench.models.close()


async def test_a_photo_is_answered_with_at_most_three_calls(bench: Bench) -> None:
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == DONE
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.messages[job.placeholder_id or 0] == ANSWER
    calls = [call for call in bench.messenger.calls if call != "download"]
    assert sorted(calls) == ["announce", "edit", "show_activity"]


async def test_what_waits_is_found_at_start(bench: Bench) -> None:
    ids = [await bench.send(number) for number in range(1, 4)]
    await bench.worker.start()
    await bench.finished(*ids)
    assert bench.messenger.answers == [ANSWER] * 3


async def test_captions_are_stored_with_their_latency(bench: Bench) -> None:
    bench.captioners[RESNET].before = lambda images: time.sleep(0.02)
    await bench.worker.start()
    await bench.finished(await bench.send())
    async with bench.database.read() as session:
        stored = {it.model: it for it in await session.scalars(select(StoredCaption))}
    assert stored[RESNET].latency_ms >= 20
    assert stored[RESNET].words == ["a"]
    assert stored[MOBILENET].text == "mobilenet-attention of 32."


async def test_the_same_photo_is_captioned_once(bench: Bench) -> None:
    await bench.worker.start()
    await bench.finished(await bench.send(1, "same"))
    await bench.finished(await bench.send(2, "same"))
    assert bench.messenger.answers == [ANSWER] * 2
    assert bench.captioners[RESNET].batches == [1]
    assert bench.messenger.calls.count("download") == 1


async def test_many_photos_are_captioned_in_small_batches(bench: Bench) -> None:
    go_on = threading.Event()
    bench.captioners[RESNET].before = lambda images: go_on.wait(PATIENCE)
    await bench.worker.start()
    ids = [await bench.send(number) for number in range(1, 11)]
    await bench.until(lambda job: job.placeholder_id is not None, *ids)
    go_on.set()
    await bench.finished(*ids)
    assert bench.messenger.answers == [ANSWER] * 10
    assert max(bench.captioners[RESNET].batches) in range(2, BATCH + 1)


async def test_the_event_loop_does_not_wait_for_models(bench: Bench) -> None:
    def burn(images: Sequence[Image.Image]) -> None:
        # Holds Python's lock as much as it can, unlike the real models.
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            sum(range(1000))

    lags: list[float] = []

    async def measure() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - before - 0.005)

    for captioner in bench.captioners.values():
        captioner.before = burn
    await bench.worker.start()
    measuring = asyncio.create_task(measure())
    await bench.finished(*[await bench.send(number) for number in range(1, 4)])
    measuring.cancel()
    with suppress(asyncio.CancelledError):
        await measuring
    assert threading.get_ident() not in bench.captioners[RESNET].threads
    # On the loop, each batch would have stopped it for at least half a second.
    assert sorted(lags)[len(lags) // 2] < 0.1
    assert len(lags) > 20


async def test_a_bad_photo_fails_alone(bench: Bench) -> None:
    bench.messenger.files["file-2"] = b"this is no photo"
    ids = [await bench.send(number) for number in (1, 2, 3)]
    await bench.worker.start()
    jobs = await bench.finished(*ids)
    assert [job.failure for job in jobs] == [None, "bad_image", None]
    assert sorted(bench.messenger.answers) == sorted([ANSWER, "bad_image", ANSWER])


@pytest.mark.parametrize(
    ("error", "reason"),
    [(FileTooLargeError("big"), "too_large"), (FileGoneError("gone"), "download")],
)
async def test_a_photo_that_cannot_be_had_ends_in_a_message(
    bench: Bench, error: Exception, reason: str
) -> None:
    bench.messenger.fail("download", error)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert (job.state, job.failure) == (FAILED, reason)
    assert bench.messenger.answers == [reason]


async def test_a_download_is_tried_again(bench: Bench) -> None:
    bench.messenger.fail("download", *[UnavailableError("cut")] * 3)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == DONE
    assert bench.messenger.answers == [ANSWER]


async def test_a_download_that_keeps_failing_ends_in_a_message(bench: Bench) -> None:
    bench.messenger.fail("download", *[UnavailableError("cut")] * 4)
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == ["download"]


async def test_a_batch_that_fails_is_retried_one_by_one(bench: Bench) -> None:
    def choke(images: Sequence[Image.Image]) -> None:
        if any(image.getpixel((0, 0)) == (200, 200, 200) for image in images):
            raise RuntimeError("the model cannot take this")

    bench.captioners[RESNET].before = choke
    bench.messenger.files["file-2"] = jpeg(200)
    ids = [await bench.send(number) for number in (1, 2, 3)]
    await bench.worker.start()
    jobs = await bench.finished(*ids)
    assert [job.failure for job in jobs] == [None, "captioning", None]
    assert sorted(bench.messenger.answers) == sorted([ANSWER, "captioning", ANSWER])


async def test_flood_control_is_waited_for(bench: Bench) -> None:
    bench.messenger.fail("announce", UnavailableError("flood", retry_after=0.01))
    bench.messenger.fail("edit", UnavailableError("flood", retry_after=0.01))
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.calls.count("edit") == 2


async def test_a_placeholder_that_is_gone_is_replaced_once(bench: Bench) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.messages[job.placeholder_id or 0] == ANSWER


async def test_a_message_that_was_certainly_not_sent_is_sent_again(bench: Bench) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    bench.messenger.fail("send", UnavailableError("flood", retry_after=0.01))
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.calls.count("send") == 2


async def test_a_message_that_may_have_been_sent_is_not_sent_again(bench: Bench) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    bench.messenger.fail("send", UncertainError("cut"))
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == DONE
    assert bench.messenger.calls.count("send") == 1


async def test_a_failure_after_sending_does_not_send_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise OSError("the disk is full")

    bench.messenger.fail("edit", MessageGoneError("gone"))
    bench.messenger.after_send = lambda: monkeypatch.setattr(Claims, "finish", broken)
    await bench.worker.start()
    job_id = await bench.send()
    await bench.until(lambda job: bool(bench.messenger.answers), job_id)
    await asyncio.sleep(0.3)
    assert bench.messenger.calls.count("send") == 1
    await bench.worker.stop(5)
    monkeypatch.undo()
    bench.worker = bench.new_worker()
    await bench.worker.start()
    [job] = await bench.finished(job_id)
    assert job.state == DONE
    assert bench.messenger.answers == [ANSWER]


@pytest.mark.parametrize("call", ["announce", "edit"])
async def test_who_blocked_the_bot_is_left_alone(bench: Bench, call: str) -> None:
    bench.messenger.fail(call, UnreachableError("blocked", blocked=True))
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert (job.state, job.failure) == (FAILED, "blocked")
    async with bench.database.read() as session:
        assert (await session.get_one(User, 7)).blocked_at is not None
    assert bench.messenger.calls.count(call) == 1


async def test_an_unexpected_error_in_showing_does_not_go_on_for_ever(bench: Bench) -> None:
    bench.messenger.fail("edit", *[RuntimeError("a mistake in the drawing")] * 10)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == FAILED
    assert bench.messenger.calls.count("edit") == bot.worker.MAX_ATTEMPTS


async def test_stopping_finishes_what_is_running(bench: Bench) -> None:
    running = threading.Event()

    def slow(images: Sequence[Image.Image]) -> None:
        running.set()
        time.sleep(0.3)

    bench.captioners[RESNET].before = slow
    await bench.worker.start()
    job_id = await bench.send()
    await asyncio.to_thread(running.wait, PATIENCE)
    await bench.worker.stop(PATIENCE)
    # Its captions are stored, and the next start shows them without asking the models again.
    assert (await bench.job(job_id)).state in (CAPTIONED, DONE)
    bench.worker = bench.new_worker()
    await bench.worker.start()
    await bench.finished(job_id)
    assert bench.messenger.answers == [ANSWER]
    assert bench.captioners[RESNET].batches == [1]


async def test_stopping_gives_back_what_takes_too_long(bench: Bench) -> None:
    running, go_on = threading.Event(), threading.Event()

    def hang(images: Sequence[Image.Image]) -> None:
        running.set()
        go_on.wait(PATIENCE)

    bench.captioners[RESNET].before = hang
    await bench.worker.start()
    job_id = await bench.send()
    await asyncio.to_thread(running.wait, PATIENCE)
    await bench.worker.stop(0.1)
    job = await bench.job(job_id)
    assert (job.state, job.claim_token, job.attempts) == (QUEUED, None, 0)
    go_on.set()
    bench.worker = bench.new_worker()
    await bench.worker.start()
    await bench.finished(job_id)
    assert bench.messenger.answers == [ANSWER]


async def test_a_database_that_fails_for_a_while_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    unannounced = Claims.unannounced

    async def locked(self: Claims, limit: int) -> list[Announcement]:
        nonlocal failures
        failures += 1
        if failures < 4:
            raise OSError("database is locked")
        return await unannounced(self, limit)

    monkeypatch.setattr(Claims, "unannounced", locked)
    bench.worker = bench.new_worker()
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]


async def test_who_is_forgotten_during_the_announcement_keeps_no_placeholder(
    bench: Bench, tmp_path: Path
) -> None:
    async def forget() -> None:
        await Privacy(bench.database, tmp_path).forget(7)

    bench.messenger.while_announcing = forget
    await bench.send()
    await bench.worker.start()
    await asyncio.wait_for(bench.messenger.withdrawn.wait(), PATIENCE)
    assert bench.messenger.calls == ["announce", "withdraw"]
    assert bench.messenger.messages == {}
