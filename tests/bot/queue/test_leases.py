import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from claiming import accept
from worker_bench import ANSWER, PATIENCE, RESNET, Bench

import bot.queue.leases
import bot.queue.transitions
from bot.queue.claims import Claims
from bot.queue.leases import Leases
from bot.queue.steps import Claim
from bot.storage import Database

LEASE = 2.5


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.queue.leases, "LEASE", timedelta(seconds=LEASE))
    monkeypatch.setattr(bot.queue.leases, "RENEWAL_SECONDS", LEASE / 15)


async def test_a_claim_that_nobody_renews_can_soon_be_taken_over(
    claims: Claims, database: Database
) -> None:
    """Its holder has crashed."""
    await accept(database)
    assert len(await claims.unannounced(10)) == 1
    assert await claims.unannounced(10) == []
    await asyncio.sleep(LEASE * 1.2)
    assert len(await claims.unannounced(10)) == 1


async def test_a_step_keeps_its_claim_however_long_it_takes(bench: Bench, claims: Claims) -> None:
    go_on, running = threading.Event(), threading.Event()

    def slow(images: Sequence[object]) -> None:
        running.set()
        go_on.wait(PATIENCE)

    bench.captioners[RESNET].before = slow
    await bench.worker.start()
    job_id = await bench.send()
    await asyncio.to_thread(running.wait, PATIENCE)
    before = (await bench.job(job_id)).lease_until
    taken_over = []
    for _ in range(6):
        await asyncio.sleep(LEASE / 3)
        taken_over += await claims.uncaptioned(10)
    after = (await bench.job(job_id)).lease_until
    go_on.set()
    await bench.finished(job_id)
    assert taken_over == []
    assert before is not None
    assert after is not None
    assert after - before > timedelta(seconds=LEASE)
    assert bench.captioners[RESNET].batches == [1]
    assert bench.messenger.answers == [ANSWER]


async def test_a_claim_that_is_lost_is_not_won_back(claims: Claims, database: Database) -> None:
    await accept(database)
    [old] = await claims.unannounced(10)
    await asyncio.sleep(LEASE * 1.2)
    [new] = await claims.unannounced(10)
    await claims.renew([old.claim])
    assert not await claims.announced(old.claim, 1001)
    assert await claims.announced(new.claim, 1002)


async def test_a_renewal_that_fails_is_made_up_for() -> None:
    renewed: list[Sequence[Claim]] = []
    errors: list[Exception] = []
    enough = asyncio.Event()

    async def renew(claims: Sequence[Claim]) -> None:
        if not errors:
            raise OSError("the database is locked")
        renewed.append(claims)
        enough.set()

    leases = Leases(renew, errors.append)
    running = asyncio.create_task(leases.run())
    claim = Claim(1, "token", 1)
    with leases.held([claim]):
        await asyncio.wait_for(enough.wait(), PATIENCE)
    assert len(errors) == 1
    assert set(renewed) == {(claim,)}
    renewed.clear()
    await asyncio.sleep(LEASE / 3)
    assert renewed == [], "its step is over"
    running.cancel()
