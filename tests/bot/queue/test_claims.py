from datetime import timedelta

from claiming import (
    BOT_ID,
    MOBILENET,
    RESNET,
    accept,
    announce,
    caption,
    job_of,
    to_caption,
    to_show,
)
from sqlalchemy import delete, update

from bot.queue.claims import MAX_INTERRUPTIONS, Claims
from bot.queue.failures import Failure
from bot.queue.steps import Claim
from bot.storage import Database
from bot.storage.tables import (
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    SENDING,
    Job,
    User,
    utc_now,
)

NOW = timedelta(0)


async def test_a_job_goes_from_step_to_step(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [announcement] = await claims.unannounced(10)
    assert (announcement.chat_id, announcement.message_id, announcement.place) == (7, 1, 1)
    assert await claims.uncaptioned(10) == []
    assert await claims.announced(announcement.claim, 1001)
    [task] = await claims.uncaptioned(10)
    assert (task.file_id, task.missing) == ("file-1", (RESNET, MOBILENET))
    assert await claims.store({task.claim: [caption(MOBILENET), caption(RESNET)]})
    [outcome] = await claims.unshown(10)
    assert outcome.placeholder_id == 1001
    assert [it.model for it in outcome.answers[0].captions] == [RESNET, MOBILENET]
    assert outcome.answers[0].unasked == ()
    assert await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.claim_token, job.failure) == (DONE, None, None)
    assert job.finished_at is not None
    assert await claims.unannounced(10) == await claims.uncaptioned(10) == []
    assert await claims.unshown(10) == []


async def test_what_is_claimed_is_not_claimed_again(claims: Claims, database: Database) -> None:
    await accept(database)
    assert len(await claims.unannounced(10)) == 1
    assert await claims.unannounced(10) == []


async def test_jobs_of_another_bot_are_left_alone(claims: Claims, database: Database) -> None:
    await accept(database, bot_id=BOT_ID + 1)
    assert await claims.unannounced(10) == []


async def expire(database: Database) -> None:
    async with database.write() as session:
        await session.execute(update(Job).values(lease_until=utc_now() - timedelta(seconds=1)))


async def test_a_claim_that_ran_out_is_taken_over(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [old] = await to_caption(claims)
    await expire(database)
    [new] = await claims.uncaptioned(10)
    assert new.claim.token != old.claim.token
    assert new.claim.attempts == 2
    # Whatever the first holder still does comes to nothing.
    assert not await claims.store({old.claim: [caption(RESNET)]})
    assert not await claims.fail(old.claim, Failure.BAD_IMAGE)
    assert not await claims.retry(old.claim, NOW)
    assert not await claims.give_back(old.claim)
    assert not await claims.sending(old.claim)
    assert not await claims.finish(old.claim)
    assert not await claims.abandon(old.claim, Failure.BLOCKED)
    assert (await job_of(database, job_id)).state == RUNNING
    assert await claims.store({new.claim: [caption(RESNET), caption(MOBILENET)]})


async def test_a_start_frees_what_a_killed_process_held(claims: Claims, database: Database) -> None:
    await accept(database)
    [before] = await to_caption(claims)
    assert await claims.uncaptioned(10) == []
    await claims.free()
    [after] = await claims.uncaptioned(10)
    assert after.claim.job_id == before.claim.job_id


async def test_what_was_being_sent_is_never_sent_again(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [outcome] = await to_show(claims)
    assert await claims.sending(outcome.claim)
    assert (await job_of(database, job_id)).state == SENDING
    assert await claims.give_back(outcome.claim)
    [again] = await claims.unshown(10)
    assert again.in_doubt
    assert await claims.retry(again.claim, NOW), "its person could not be asked yet"
    [again] = await claims.unshown(10)
    assert again.in_doubt
    await claims.free()
    [again] = await claims.unshown(10)
    assert again.in_doubt
    assert not outcome.in_doubt
    assert await claims.finish(again.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.placeholder_id) == (DONE, None)
    assert job.finished_at is not None
    assert await claims.unshown(10) == []


async def test_what_was_being_sent_is_in_doubt_when_its_lease_runs_out(
    claims: Claims, database: Database
) -> None:
    job_id = await accept(database)
    [outcome] = await to_show(claims)
    await claims.sending(outcome.claim)
    assert await claims.unshown(10) == []
    assert (await job_of(database, job_id)).state == SENDING
    await expire(database)
    [again] = await claims.unshown(10)
    assert again.in_doubt
    assert not await claims.finish(outcome.claim)


async def test_what_was_certainly_not_sent_is_sent_later(
    claims: Claims, database: Database
) -> None:
    await accept(database)
    [outcome] = await to_show(claims)
    await claims.sending(outcome.claim)
    await claims.not_sent(outcome.claim)
    assert await claims.retry(outcome.claim, NOW)
    [again] = await claims.unshown(10)
    assert again.placeholder_id is None


async def test_a_retry_waits(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [task] = await to_caption(claims)
    assert await claims.retry(task.claim, timedelta(hours=1))
    assert (await job_of(database, job_id)).state == QUEUED
    assert await claims.uncaptioned(10) == []


async def test_who_failed_before_is_tried_alone(claims: Claims, database: Database) -> None:
    ids = [await accept(database, number) for number in (1, 2, 3)]
    for task in await to_caption(claims):
        await claims.retry(task.claim, NOW)
    newer = await accept(database, 4)
    batches = []
    await announce(claims)
    while batch := await claims.uncaptioned(10):
        batches.append([task.claim.job_id for task in batch])
    assert batches == [[ids[0]], [ids[1]], [ids[2]], [newer]]


async def test_a_photo_that_kills_the_process_is_given_up(
    claims: Claims, database: Database
) -> None:
    job_id = await accept(database)
    await announce(claims)
    for _ in range(MAX_INTERRUPTIONS):
        assert len(await claims.uncaptioned(10)) == 1
        await claims.free()
    assert await claims.uncaptioned(10) == []
    [outcome] = await claims.unshown(10)
    assert outcome.answers[0].failure == Failure.INTERRUPTED
    await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.failure) == (FAILED, Failure.INTERRUPTED)


async def test_a_job_given_back_is_as_before(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [task] = await to_caption(claims)
    assert await claims.give_back(task.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.attempts, job.claim_token) == (QUEUED, 0, None)


async def test_a_forgotten_job_is_no_error(claims: Claims, database: Database) -> None:
    await accept(database)
    [task] = await to_caption(claims)
    async with database.write() as session:
        await session.execute(delete(User))
    assert not await claims.store({task.claim: [caption(RESNET)]})
    assert not await claims.finish(Claim(task.claim.job_id, task.claim.token, 1))
