"""How the rows of jobs change from step to step; each function is part of one transaction."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.albums import FINISHED, UNFINISHED, show_late
from bot.queue.captions import compose_answer, missing_models
from bot.queue.steps import Claim, Variant
from bot.storage.tables import (
    CAPTIONED,
    DONE,
    FAILED,
    Answer,
    Caption,
    Job,
    User,
    utc_now,
)


def claim_of(job: Job) -> Claim:
    """The claim that a job is under."""
    assert job.claim_token is not None
    return Claim(job.id, job.claim_token, job.attempts)


def release(job: Job) -> None:
    """Let go of the claim on a job."""
    job.claim_token = job.lease_until = None


async def claimed(session: AsyncSession, claim: Claim) -> Job | None:
    """The job of a claim; None when the claim is lost."""
    found: Job | None = await session.scalar(
        select(Job).where(Job.id == claim.job_id, Job.claim_token == claim.token)
    )
    return found


async def all_claimed(session: AsyncSession, claim: Claim) -> Sequence[Job]:
    """The jobs of a claim: one, or those of an album whose outcome is being shown."""
    return tuple(await session.scalars(select(Job).where(Job.claim_token == claim.token)))


async def settle(
    session: AsyncSession, job: Job, variants: Mapping[str, Variant], failure: str | None = None
) -> None:
    """Store that the outcome of a job is known and has to be shown: its stored captions, or why
    there will be no (more) of them."""
    if failure is None:
        await compose_answer(session, job, variants)
        job.failure = None
    else:
        await _fail(session, job, failure)
    job.state, job.attempts = CAPTIONED, 0
    release(job)
    await session.flush()
    if job.lead_id is not None:
        await show_late(session, await session.get_one(Job, job.lead_id))


async def settle_if_known(session: AsyncSession, job: Job, variants: Mapping[str, Variant]) -> bool:
    """Settle a job whose captions are all stored already; one that leads an album, when that
    is complete.

    Returns:
        Whether nobody has to be told to wait for it: it is settled, or will be in a moment.
    """
    if not set(job.models) & variants.keys():
        return False
    if await missing_models(session, job, variants):
        return False
    if job.gather_until is not None and job.gather_until > utc_now():
        job.run_after, job.attempts = job.gather_until, 0
        release(job)
        return True
    unfinished = select(Job.id).where(Job.lead_id == job.id, Job.state.in_(UNFINISHED))
    if await session.scalar(unfinished.limit(1)) is not None:
        return False
    await settle(session, job, variants)
    return True


async def finish(session: AsyncSession, claim: Claim, message_id: int | None = None) -> bool:
    """End the jobs of a claim, since their outcome was shown; false when the claim is lost."""
    jobs = await all_claimed(session, claim)
    for job in jobs:
        if job.id == claim.job_id and message_id is not None:
            job.placeholder_id = message_id
        _end(job)
    await _show_late(session, jobs)
    return bool(jobs)


async def abandon(session: AsyncSession, job: Job, reason: str, *, blocked: bool) -> None:
    """End a job, and those that follow it, whose sender cannot be told."""
    followers = select(Job).where(Job.lead_id == job.id, Job.state.not_in(FINISHED))
    for ended in (job, *await session.scalars(followers)):
        ended.failure = reason
        _end(ended)
    if blocked and job.chat_id == job.user_id:
        user = await session.get_one(User, job.user_id)
        user.blocked_at = utc_now()


def _end(job: Job) -> None:
    job.state = FAILED if job.failure else DONE
    job.finished_at = job.finished_at or utc_now()
    release(job)


async def _show_late(session: AsyncSession, jobs: Sequence[Job]) -> None:
    await session.flush()
    for job in jobs:
        if job.lead_id is None:
            await show_late(session, job)


async def _fail(session: AsyncSession, job: Job, reason: str) -> None:
    answered = list(
        await session.scalars(
            select(Caption.model)
            .join(Answer)
            .where(Answer.job_id == job.id)
            .order_by(Answer.position)
        )
    )
    if answered:
        # A model that was asked later has failed: the answer stays, and so does the button.
        job.models = tuple(answered)
    else:
        job.failure = reason
