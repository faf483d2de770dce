"""Every change of a job's state, attempts, claim, lease, time, failure and end is made here.

Each function is part of one transaction. What is done with a job from outside:

enqueue, requeue   its photo wants captions, or more of them
reopen             its answer has to be shown again
drop               nobody wants it any more
record_answered    its captions were shown before it was stored

and what its worker does, each step under a claim (`bot.queue.claims`):

claim, join        take a step; whoever holds the claim renews its lease until the step is over
announced          its placeholder is there: to be captioned next
begin_captioning
settle, fail       its outcome is known: to be shown next
sending, not_sent  the outcome is being sent in a new message, or certainly was not
finish             the outcome was shown
abandon            its sender cannot be told
retry, postpone, give_back, free, free_claims
                   the step was not completed, and has to be taken again
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue import leases
from bot.queue.albums import FINISHED, followers_in, is_closed, waits_for_followers
from bot.queue.captions import answered_models, compose_answers, known_captions, missing_models
from bot.queue.failures import Failure
from bot.queue.steps import Claim, Variant, VariantsFor, all_claimed, under
from bot.storage.tables import CAPTIONED, DONE, FAILED, QUEUED, RUNNING, SENDING, Job, User, utc_now

# ---- from outside ----


def enqueue(job: Job, wait: timedelta = timedelta(0)) -> None:
    """Let a job, new or tried before, begin from the start, after `wait`."""
    job.placeholder_id = job.failure = job.finished_at = None
    requeue(job)
    job.run_after += wait


def requeue(job: Job) -> None:
    """Let a job ask for captions that it lacks; the message with its answer stays."""
    job.state = QUEUED
    _begin(job)


def reopen(lead: Job) -> None:
    """Let the outcome of a job be shown (again), with those that follow it."""
    lead.state = CAPTIONED
    _begin(lead)


def drop(job: Job, failure: Failure) -> None:
    """End a job of which nobody hears any more.

    Whoever is at work on it writes with the claim, and finds it gone.
    """
    job.failure = str(failure)
    job.placeholder_id = None
    _end(job)


async def record_answered(session: AsyncSession, job: Job, variants: Mapping[str, Variant]) -> None:
    """End a new job whose captions were shown before anything was stored: on the web page."""
    await compose_answers(session, {job: variants})
    _end(job)


# ---- claims ----


def claim(jobs: Iterable[Job]) -> None:
    """Give whoever asked the right to take jobs one step further, each under its own claim."""
    lease_until = utc_now() + leases.LEASE
    for job in jobs:
        job.claim_token, job.lease_until = secrets.token_hex(8), lease_until
        job.attempts += 1


def join(lead: Job, followers: Iterable[Job]) -> None:
    """Put jobs under the claim of the one that leads their album."""
    for job in followers:
        job.claim_token, job.lease_until = lead.claim_token, lead.lease_until
        job.attempts += 1


async def renew(session: AsyncSession, claims: Collection[Claim]) -> None:
    """Begin the leases of claims anew; those that are lost stay lost."""
    lease_until = utc_now() + leases.LEASE
    await session.execute(update(Job).where(under(claims)).values(lease_until=lease_until))


async def free(session: AsyncSession, bot_id: int) -> None:
    """Free all claims of a bot, since nobody holds them any more."""
    held = Job.bot_id == bot_id, Job.claim_token.is_not(None)
    await session.execute(update(Job).where(*held).values(_UNCLAIMED))


async def free_claims(session: AsyncSession, claims: Iterable[Claim]) -> None:
    """Free claims under which nothing was begun."""
    for claim in claims:
        await give_back(session, claim)


# ---- the worker's steps ----


async def announced(session: AsyncSession, claim: Claim, placeholder_id: int) -> bool:
    """Store the placeholder of a job; false when the claim is lost."""
    return await _hand_back(session, claim, placeholder_id=placeholder_id, attempts=0)


def begin_captioning(job: Job) -> None:
    job.state = RUNNING


async def settle(session: AsyncSession, jobs: Mapping[Job, Mapping[str, Variant]]) -> None:
    """Store that the stored captions of jobs, each with what the models are for it, are their
    outcome, which has to be shown."""
    await compose_answers(session, jobs)
    for job in jobs:
        job.failure = None
    await _reopen(session, jobs)


async def fail(session: AsyncSession, job: Job, failure: Failure) -> None:
    """Store that a job gets no (more) captions, and why; that has to be shown."""
    answered = await answered_models(session, job)
    if answered:
        # A model that was asked later has failed: the answer stays, and so does the button.
        job.models = answered
    else:
        job.failure = str(failure)
    await _reopen(session, [job])


async def settle_known(
    session: AsyncSession, jobs: Sequence[Job], variants_for: VariantsFor
) -> list[Job]:
    """Settle the jobs whose captions are all stored already; one that leads an album, when that
    is complete.

    Returns:
        The others: somebody has to be told to wait for them.
    """
    variants = {job: variants_for(job.user_id) for job in jobs}
    known = await known_captions(session, variants)
    settled: dict[Job, Mapping[str, Variant]] = {}
    others = []
    for job in jobs:
        can_be_asked = not variants[job].keys().isdisjoint(job.models)
        if not can_be_asked or missing_models(job, known, variants[job]):
            others.append(job)
        elif job.gather_until is not None and job.gather_until > utc_now():
            _begin(job)
            job.run_after = job.gather_until
        elif job.media_group_id and await waits_for_followers(session, job):
            others.append(job)
        else:
            settled[job] = variants[job]
    if settled:
        await settle(session, settled)
    return others


async def sending(session: AsyncSession, claim: Claim) -> bool:
    """Store that the outcome is now sent as a new message; false when the claim is lost."""
    jobs = await all_claimed(session, claim)
    for job in jobs:
        job.state, job.placeholder_id = SENDING, None
    return bool(jobs)


async def not_sent(session: AsyncSession, claim: Claim) -> None:
    """Take back `sending`, since the message has certainly not been sent."""
    for job in await all_claimed(session, claim):
        job.state = CAPTIONED


async def finish(session: AsyncSession, claim: Claim, message_id: int | None = None) -> bool:
    """End the jobs of a claim, since their outcome was shown; false when the claim is lost."""
    values: dict[Any, Any] = _ended()
    if message_id is not None:
        values[Job.placeholder_id] = case(
            (Job.id == claim.job_id, message_id), else_=Job.placeholder_id
        )
    held = update(Job).where(under([claim])).values(values)
    unseen = held.returning(Job.id, Job.media_group_id, Job.lead_id).execution_options(
        synchronize_session=False
    )
    ended = (await session.execute(unseen)).all()
    for job_id, album, lead_id in ended:
        if album is not None and lead_id is None:
            lead = await session.get_one(Job, job_id, populate_existing=True)
            await _show_late(session, lead)
    return bool(ended)


async def abandon(session: AsyncSession, job: Job, failure: Failure, *, blocked: bool) -> None:
    """End a job, and those that follow it, whose sender cannot be told."""
    followers = select(Job).where(Job.lead_id == job.id, Job.state.not_in(FINISHED))
    for ended in (job, *await session.scalars(followers)):
        ended.failure = str(failure)
        _end(ended)
    if blocked and job.chat_id == job.user_id:
        user = await session.get_one(User, job.user_id)
        user.blocked_at = utc_now()


async def retry(session: AsyncSession, claim: Claim, delay: timedelta) -> bool:
    """Let a step that has failed be taken again after `delay`; false when the claim is lost."""
    return await _hand_back(session, claim, run_after=utc_now() + delay)


async def postpone(session: AsyncSession, claim: Claim, delay: timedelta) -> bool:
    """Let a step that was not possible yet be taken after `delay`, and count no attempt.

    False when the claim is lost.
    """
    run_after = utc_now() + delay
    return await _hand_back(session, claim, run_after=run_after, attempts=Job.attempts - 1)


async def give_back(session: AsyncSession, claim: Claim) -> bool:
    """Let a step be taken as if it had never been claimed; false when the claim is lost."""
    return await _hand_back(session, claim, attempts=Job.attempts - 1)


# ---- inside ----

_UNCLAIMED = {
    Job.claim_token: None,
    Job.lease_until: None,
    # What was being sent stays so: it may have arrived, and is in doubt from now on.
    Job.state: case((Job.state == RUNNING, QUEUED), else_=Job.state),
}


async def _hand_back(session: AsyncSession, claim: Claim, **values: object) -> bool:
    rows = await session.scalars(
        update(Job)
        .where(under([claim]))
        .values({**_UNCLAIMED, **{getattr(Job, name): value for name, value in values.items()}})
        .returning(Job.id)
    )
    return rows.first() is not None


def _begin(job: Job) -> None:
    """Let the step that a job's state asks for be claimed now."""
    job.attempts, job.run_after = 0, utc_now()
    job.claim_token = job.lease_until = None


def _ended() -> dict[Any, Any]:
    """What `_end` does, to jobs in the database."""
    return {
        Job.state: case((Job.failure.is_(None), DONE), else_=FAILED),
        Job.finished_at: func.coalesce(Job.finished_at, utc_now()),
        Job.claim_token: None,
        Job.lease_until: None,
    }


def _end(job: Job) -> None:
    job.state = FAILED if job.failure else DONE
    job.finished_at = job.finished_at or utc_now()
    job.claim_token = job.lease_until = None


async def _reopen(session: AsyncSession, jobs: Iterable[Job]) -> None:
    for job in jobs:
        reopen(job)
    await session.flush()
    for job in jobs:
        if job.lead_id is not None:
            await _show_late(session, await session.get_one(Job, job.lead_id))


async def _show_late(session: AsyncSession, lead: Job) -> None:
    """Open an answer that was shown again, for outcomes that came after it.

    Nothing is changed while the lead is under way. Where the bot was killed while sending the
    answer, each gets one of its own: sent again, the first could be there twice.
    """
    if lead.state not in FINISHED:
        return
    late = await followers_in(session, lead.id, CAPTIONED)
    if is_closed(lead):
        for job in late:
            job.lead_id = None
    elif late:
        reopen(lead)
