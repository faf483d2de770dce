"""Photos in hand while the database cannot be written to."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from troubled_database import Lock, shorten_busy_timeout
from worker_bench import ANSWER, PATIENCE, Bench

from bot.queue import patience
from bot.storage import availability
from bot.storage.tables import DONE


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_busy_timeout(monkeypatch)
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(availability, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(patience, "RETRY_SECONDS", 0.05)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - of several, and a database's
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("step", ["announce", "download", "edit"])
async def test_a_step_is_stored_when_the_database_is_back(
    bench: Bench, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = bench.messenger.slow[step, "file-1" if step == "download" else 7] = asyncio.Event()
    job_id = await bench.send()
    await bench.worker.start()
    await until(lambda: step in bench.messenger.calls)
    lock = await Lock.on(bench.database.url)
    go_on.set()
    await until(lambda: bench.database.availability.trouble is not None)
    await asyncio.sleep(0.3)
    assert bench.messenger.calls.count(step) == 1, "what was done is not done again"
    lock.release()
    async with asyncio.timeout(5):  # a lease takes a minute
        [job] = await bench.finished(job_id)
    assert job.state == DONE
    assert bench.messenger.answers == [ANSWER]
    assert [bench.messenger.calls.count(it) for it in ("announce", "download", "edit")] == [1, 1, 1]
    assert not [record for record in caplog.records if record.exc_info], "said once, in a line"


async def test_a_message_that_was_sent_is_not_in_doubt_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the outage was longer than the lease."""
    await bench.worker.start()
    await bench.finished(await bench.send(1, photo="same"))
    monkeypatch.setattr("bot.queue.leases.LEASE", timedelta(seconds=-1))
    go_on = bench.messenger.slow["send", 7] = asyncio.Event()
    job_id = await bench.send(2, photo="same")
    await until(lambda: "send" in bench.messenger.calls)
    lock = await Lock.on(bench.database.url)
    go_on.set()
    await until(lambda: bench.database.availability.trouble is not None)
    lock.release()
    [job] = await bench.finished(job_id)
    assert job.state == DONE
    assert bench.messenger.calls.count("send") == 1
    assert "doubt" not in bench.messenger.calls


async def test_stopping_meanwhile_ends_in_time_and_without_tracebacks(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.messenger.slow["announce", 7] = asyncio.Event()
    ids = [await bench.send(number) for number in (1, 2, 3)]
    unhandled: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, it: unhandled.append(it))
    await bench.worker.start()
    await until(lambda: bench.messenger.calls.count("announce") == len(ids))
    lock = await Lock.on(bench.database.url)
    async with asyncio.timeout(3):
        await bench.worker.stop(0.1)
    lock.release()
    assert unhandled == []
    assert not [record for record in caplog.records if record.exc_info]
    await asyncio.sleep(0.06)

    bench.messenger.slow.clear()
    bench.worker = bench.new_worker()
    await bench.worker.start()
    assert {job.state for job in await bench.finished(*ids)} == {DONE}
    assert bench.messenger.answers == [ANSWER] * len(ids)
