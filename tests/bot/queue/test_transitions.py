from claiming import MOBILENET, RESNET, accept, job_of, to_caption, to_show

from bot.queue.claims import Claims
from bot.queue.jobs import Jobs
from bot.storage import Database
from bot.storage.tables import (
    CAPTIONED,
    DONE,
    FAILED,
    User,
)


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
    assert first.answers[0].unasked == (RESNET,)
    await claims.finish(first.claim)
    finished_at = (await job_of(database, job_id)).finished_at
    assert await Jobs(database).also_ask(job_id, RESNET)
    [task] = await claims.uncaptioned(10)
    assert task.missing == (RESNET,)
    await claims.fail(task.claim, "download")
    [outcome] = await claims.unshown(10)
    assert outcome.answers[0].failure is None
    assert [it.model for it in outcome.answers[0].captions] == [MOBILENET]
    assert outcome.answers[0].unasked == (RESNET,)
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
