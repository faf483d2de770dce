from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from bot.claims import INTERRUPTED, MAX_INTERRUPTIONS, Claims
from bot.jobs import Jobs, PhotoRef
from bot.steps import CaptionTask, Claim, NewCaption, Outcome, Variant
from bot.storage import Database
from bot.storage.tables import (
    CAPTIONED,
    DONE,
    FAILED,
    LONG,
    NORMAL,
    QUEUED,
    RUNNING,
    SENDING,
    SHORT,
    Caption,
    Job,
    User,
    utc_now,
)
from bot.users import Person

BOT_ID = 42
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
OPTIONS = dict.fromkeys((SHORT, NORMAL, LONG), "default")
VARIANTS = {RESNET: Variant("1", OPTIONS), MOBILENET: Variant("1", OPTIONS)}
NOW = timedelta(0)


def caption(model: str, version: str = "1") -> NewCaption:
    return NewCaption(model, version, "default", f"{model} {version}.", ("a",), (0.5,), -0.7, 12.0)


@pytest.fixture
def claims(database: Database) -> Claims:
    return Claims(database, BOT_ID, VARIANTS)


async def accept(
    database: Database,
    number: int = 1,
    *,
    photo: str | None = None,
    models: Sequence[str] = (RESNET, MOBILENET),
    bot_id: int = BOT_ID,
) -> int:
    accepted = await Jobs(database).accept(
        bot_id=bot_id,
        chat_id=7,
        message_id=number,
        user=Person(7, "en"),
        photo=PhotoRef(f"file-{number}", photo or f"unique-{number}", 64, 48),
        models=models,
    )
    return accepted.job_id


async def job_of(database: Database, job_id: int) -> Job:
    async with database.read() as session:
        return await session.get_one(Job, job_id)


async def announce(claims: Claims) -> None:
    for work in await claims.unannounced(100):
        assert await claims.announced(work.claim, 1000 + work.message_id)


async def to_caption(claims: Claims) -> list[CaptionTask]:
    await announce(claims)
    return await claims.uncaptioned(100)


async def to_show(claims: Claims) -> list[Outcome]:
    for task in await to_caption(claims):
        assert await claims.store(task.claim, [caption(name) for name in task.missing])
    return await claims.unshown(100)


async def test_a_job_goes_from_step_to_step(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [announcement] = await claims.unannounced(10)
    assert (announcement.chat_id, announcement.message_id, announcement.place) == (7, 1, 1)
    assert await claims.uncaptioned(10) == []
    assert await claims.announced(announcement.claim, 1001)
    [task] = await claims.uncaptioned(10)
    assert (task.file_id, task.missing) == ("file-1", (RESNET, MOBILENET))
    assert await claims.store(task.claim, [caption(MOBILENET), caption(RESNET)])
    [outcome] = await claims.unshown(10)
    assert outcome.placeholder_id == 1001
    assert [it.model for it in outcome.answers[0].captions] == [RESNET, MOBILENET]
    assert outcome.answers[0].other_model is None
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


async def test_places_in_the_queue(claims: Claims, database: Database) -> None:
    for number in (1, 2, 3):
        await accept(database, number)
    assert [it.place for it in await claims.unannounced(10)] == [1, 2, 3]


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
    assert not await claims.store(old.claim, [caption(RESNET)])
    assert not await claims.fail(old.claim, "bad_image")
    assert not await claims.retry(old.claim, NOW)
    assert not await claims.release(old.claim)
    assert not await claims.sending(old.claim)
    assert not await claims.finish(old.claim)
    assert not await claims.abandon(old.claim, "blocked")
    assert (await job_of(database, job_id)).state == RUNNING
    assert await claims.store(new.claim, [caption(RESNET), caption(MOBILENET)])


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
    assert await claims.release(outcome.claim)
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
    assert outcome.answers[0].failure == INTERRUPTED
    await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.failure) == (FAILED, INTERRUPTED)


async def test_a_release_does_not_count(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [task] = await to_caption(claims)
    assert await claims.release(task.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.attempts, job.claim_token) == (QUEUED, 0, None)


async def test_the_same_photo_is_answered_from_what_is_stored(
    claims: Claims, database: Database
) -> None:
    await accept(database, 1, photo="same", models=(RESNET,))
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    await accept(database, 2, photo="same")
    [task] = await to_caption(claims)
    assert task.missing == (MOBILENET,)
    await claims.store(task.claim, [caption(MOBILENET)])
    [second] = await claims.unshown(10)
    assert second.answers[0].captions[0] == first.answers[0].captions[0]
    assert [it.model for it in second.answers[0].captions] == [RESNET, MOBILENET]


async def test_a_new_version_of_a_model_is_asked_again(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    updated = Claims(database, BOT_ID, VARIANTS | {RESNET: Variant("2", OPTIONS)})
    await accept(database, 2, photo="same")
    [task] = await to_caption(updated)
    assert task.missing == (RESNET,)
    await updated.store(task.claim, [caption(RESNET, "2")])
    [outcome] = await updated.unshown(10)
    assert [it.text for it in outcome.answers[0].captions] == [f"{RESNET} 2.", f"{MOBILENET} 1."]


async def test_captions_stored_twice_are_there_once(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    await accept(database, 2, photo="same")
    for task in await to_caption(claims):
        assert task.missing == (RESNET, MOBILENET)
        assert await claims.store(task.claim, [caption(RESNET), caption(MOBILENET)])
    one, other = await claims.unshown(10)
    assert one.answers[0].captions == other.answers[0].captions
    async with database.read() as session:
        assert await session.scalar(select(func.count(Caption.id))) == 2


async def test_a_failure_is_shown_to_the_sender(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [task] = await to_caption(claims)
    assert await claims.fail(task.claim, "bad_image")
    assert (await job_of(database, job_id)).state == CAPTIONED
    [outcome] = await claims.unshown(10)
    assert (outcome.answers[0].failure, outcome.answers[0].captions) == ("bad_image", ())
    await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.failure) == (FAILED, "bad_image")


async def test_a_model_asked_later_that_fails_leaves_the_answer_and_the_button(
    claims: Claims, database: Database
) -> None:
    job_id = await accept(database, models=(MOBILENET,))
    [first] = await to_show(claims)
    assert first.answers[0].other_model == RESNET
    await claims.finish(first.claim)
    finished_at = (await job_of(database, job_id)).finished_at
    assert await Jobs(database).also_ask(job_id, RESNET)
    [task] = await claims.uncaptioned(10)
    assert task.missing == (RESNET,)
    await claims.fail(task.claim, "download")
    [outcome] = await claims.unshown(10)
    assert outcome.answers[0].failure is None
    assert [it.model for it in outcome.answers[0].captions] == [MOBILENET]
    assert outcome.answers[0].other_model == RESNET
    await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.finished_at) == (DONE, finished_at)


async def test_who_blocked_the_bot_is_remembered(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [outcome] = await to_show(claims)
    assert await claims.abandon(outcome.claim, "blocked", blocked=True)
    job = await job_of(database, job_id)
    assert (job.state, job.failure) == (FAILED, "blocked")
    async with database.read() as session:
        assert (await session.get_one(User, 7)).blocked_at is not None


async def test_a_forgotten_job_is_no_error(claims: Claims, database: Database) -> None:
    await accept(database)
    [task] = await to_caption(claims)
    async with database.write() as session:
        await session.execute(delete(User))
    assert not await claims.store(task.claim, [caption(RESNET)])
    assert not await claims.finish(Claim(task.claim.job_id, task.claim.token, 1))
