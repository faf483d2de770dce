import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from claiming import MOBILENET, RESNET, VARIANTS, accept, job_of, to_caption, to_show
from sqlalchemy import select

from bot.queue.claims import Claims
from bot.queue.failures import Failure
from bot.queue.jobs import Jobs
from bot.queue.transitions import record_answered
from bot.storage import Database
from bot.storage.tables import (
    CAPTIONED,
    DONE,
    FAILED,
    Answer,
    Job,
    User,
)


async def test_a_failure_is_shown_to_the_sender(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [task] = await to_caption(claims)
    assert await claims.fail(task.claim, Failure.BAD_IMAGE)
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
    await claims.fail(task.claim, Failure.DOWNLOAD)
    [outcome] = await claims.unshown(10)
    assert outcome.answers[0].failure is None
    assert [it.model for it in outcome.answers[0].captions] == [MOBILENET]
    assert outcome.answers[0].unasked == (RESNET,)
    await claims.finish(outcome.claim)
    job = await job_of(database, job_id)
    assert (job.state, job.finished_at) == (DONE, finished_at)


async def test_what_was_answered_before_it_was_stored_is_done(
    claims: Claims, database: Database
) -> None:
    job_id = await accept(database)
    await to_show(claims)
    async with database.write() as session:
        stored = await session.get_one(Job, job_id)
        job = Job(
            bot_id=0,
            chat_id=stored.chat_id,
            message_id=99,
            photo_id=stored.photo_id,
            user_id=stored.user_id,
            models=stored.models,
        )
        session.add(job)
        await session.flush()
        await record_answered(session, job, VARIANTS)
    done = await job_of(database, job.id)
    assert (done.state, done.failure, done.claim_token) == (DONE, None, None)
    assert done.finished_at is not None
    async with database.read() as session:
        shown = list(await session.scalars(select(Answer).where(Answer.job_id == job.id)))
    assert len(shown) == len(stored.models)


async def test_who_blocked_the_bot_is_remembered(claims: Claims, database: Database) -> None:
    job_id = await accept(database)
    [outcome] = await to_show(claims)
    assert await claims.abandon(outcome.claim, Failure.BLOCKED, blocked=True)
    job = await job_of(database, job_id)
    assert (job.state, job.failure) == (FAILED, "blocked")
    async with database.read() as session:
        assert (await session.get_one(User, 7)).blocked_at is not None


# ---- nobody else changes a job's state ----

BOT = Path(__file__).parents[3] / "bot"
OWNED = {
    "state",
    "attempts",
    "claim_token",
    "lease_until",
    "run_after",
    "failure",
    "finished_at",
}


def changes(source: str) -> set[str]:
    """The owned columns that code gives values to, and "**" where it knows jobs and nobody can
    tell which."""
    unknown = {"**"} if "Job" in source else set()
    return set(_changes(ast.parse(source))) & (OWNED | unknown)


def _changes(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("Job", "values", "update"):
                yield from (keyword.arg or "**" for keyword in node.keywords)
            if name == "setattr":
                yield node.args[1].value if isinstance(node.args[1], ast.Constant) else "**"
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant):
                    yield str(key.value)
                elif isinstance(key, ast.Attribute):
                    yield key.attr


def test_nothing_else_changes_the_state_of_a_job() -> None:
    found = {
        path.relative_to(BOT).as_posix(): changed
        for path in BOT.rglob("*.py")
        if (changed := changes(path.read_text(encoding="utf-8")))
        # The sandbox is a server of its own, and knows no jobs.
        and "sandbox" not in path.parts
    }
    assert found.keys() == {"queue/transitions.py"}
    assert found["queue/transitions.py"] >= OWNED


@pytest.mark.parametrize(
    "source",
    [
        "job.state = DONE",
        "job.state, job.user_id = DONE, 7",
        "job.user_id = job.state = None",
        "job.state += 1",
        "Job(bot_id=42, state=DONE)",
        "update(Job).where(Job.id == 1).values(state=DONE)",
        "update(Job).values({Job.state: DONE})",
        "session.execute(update(Job), [{'id': 1, 'state': DONE}])",
        "setattr(job, 'state', DONE)",
    ],
)
def test_changes_are_seen_however_they_are_written(source: str) -> None:
    """Or the test above would pass for nothing."""
    assert changes(source) == {"state"}


@pytest.mark.parametrize(
    "source",
    [
        "Job(**columns)",
        "update(Job).values(**columns)",
        "setattr(await session.get(Job, 1), name, value)",
    ],
)
def test_changes_that_do_not_say_of_what_are_seen(source: str) -> None:
    assert changes(source) == {"**"}
