import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from worker_bench import ANSWER, MOBILENET, PATIENCE, RESNET, Bench

from bot.feedback.kept_photos import KeptPhotos
from bot.people.privacy import Privacy
from bot.queue.claims import Claims
from bot.queue.shares import Shares
from bot.queue.steps import Announcement
from bot.queue.worker import BATCH
from bot.storage.tables import CAPTIONED, DONE, QUEUED, RUNNING
from bot.storage.tables import Caption as StoredCaption

SLOW = 8
"""The id of a chat."""


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

    async def locked(self: Claims, limit: int, shares: Shares) -> list[Announcement]:
        nonlocal failures
        failures += 1
        if failures < 4:
            raise OSError("database is locked")
        return await unannounced(self, limit, shares)

    monkeypatch.setattr(Claims, "unannounced", locked)
    bench.worker = bench.new_worker()
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]


async def test_who_is_forgotten_during_the_announcement_keeps_no_placeholder(
    bench: Bench, tmp_path: Path
) -> None:
    async def forget() -> None:
        await Privacy(bench.database, KeptPhotos(tmp_path)).forget(7)

    bench.messenger.while_announcing = forget
    await bench.send()
    await bench.worker.start()
    await asyncio.wait_for(bench.messenger.withdrawn.wait(), PATIENCE)
    assert bench.messenger.calls == ["announce", "withdraw"]
    assert bench.messenger.messages == {}


@pytest.mark.parametrize("call", ["announce", "edit", "download"])
async def test_a_chat_that_is_slow_leaves_hands_for_the_others(bench: Bench, call: str) -> None:
    go_on = asyncio.Event()
    about = [f"file-{number}" for number in range(1, 21)] if call == "download" else [SLOW]
    bench.messenger.slow = {(call, it): go_on for it in about}
    slow = [await bench.send(number, chat_id=SLOW) for number in range(1, 21)]
    await bench.worker.start()
    state = {"announce": QUEUED, "download": RUNNING, "edit": CAPTIONED}[call]
    await bench.until(lambda job: (job.state, bool(job.claim_token)) == (state, True), *slow[:2])
    await bench.finished(*[await bench.send(number) for number in range(101, 104)])
    assert bench.messenger.answers == [ANSWER] * 3
    go_on.set()
    await bench.finished(*slow)
    assert bench.messenger.answers == [ANSWER] * 23
