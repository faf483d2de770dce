"""How the worker takes jobs from the database and hands them back, one step further.

A job goes through three steps, each with a claim of its own: a placeholder is sent, captions are
found, the outcome is shown. A claim has a token, which every later write checks, and a lease: when
it runs out, somebody else may claim the job, and what the first one writes comes to nothing.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.answers import load_answer
from bot.captions import compose_answer, missing_models, store_captions
from bot.steps import Announcement, CaptionTask, Claim, NewCaption, Outcome, Variant
from bot.storage import Database
from bot.storage.tables import (
    CAPTIONED,
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    SENDING,
    Answer,
    Caption,
    Job,
    Photo,
    User,
    utc_now,
)

LEASE = timedelta(minutes=10)
"""Longer than any step takes, with all its waiting for Telegram."""

MAX_INTERRUPTIONS = 12
"""A photo during which the whole program was killed so often is not tried again."""

INTERRUPTED = "interrupted"


class Claims:
    """The jobs of one bot, for its worker. `variants` are the models that can be asked now."""

    def __init__(self, database: Database, bot_id: int, variants: Mapping[str, Variant]) -> None:
        self._database = database
        self._bot_id = bot_id
        self._variants = variants

    # ---- at start ----

    async def free(self) -> None:
        """Free the claims that an earlier process left. Only when no other worker can be alive."""
        async with self._database.write() as session:
            await self._settle_sending(session, Job.bot_id == self._bot_id)
            await session.execute(
                update(Job)
                .where(Job.bot_id == self._bot_id, Job.claim_token.is_not(None))
                .values(
                    claim_token=None,
                    lease_until=None,
                    state=case((Job.state == RUNNING, QUEUED), else_=Job.state),
                )
            )

    # ---- claiming ----

    async def unannounced(self, limit: int) -> list[Announcement]:
        """Claim jobs that have no placeholder yet, oldest first."""
        due = and_(Job.state == QUEUED, Job.placeholder_id.is_(None))
        if not await self._any(due):
            return []
        async with self._database.write() as session:
            jobs = await self._claim(session, due, limit)
            return [
                Announcement(
                    claim=_claim_of(job),
                    chat_id=job.chat_id,
                    message_id=job.message_id,
                    language_code=await _language(session, job.user_id),
                    place=await _place(session, job),
                )
                for job in jobs
            ]

    async def uncaptioned(self, limit: int) -> list[CaptionTask]:
        """Claim photos to caption, oldest first; one that was tried before comes alone."""
        due = and_(
            or_(Job.state == QUEUED, Job.state == RUNNING),
            Job.placeholder_id.is_not(None),
        )
        if not await self._any(due):
            return []
        async with self._database.write() as session:
            jobs = await self._claim(session, due, limit, alone_after_failure=True)
            tasks = []
            for job in jobs:
                if job.attempts > MAX_INTERRUPTIONS:
                    await _settle_failure(session, job, INTERRUPTED)
                    continue
                job.state = RUNNING
                photo = await session.get_one(Photo, job.photo_id)
                missing = await missing_models(session, job, self._variants)
                tasks.append(
                    CaptionTask(_claim_of(job), job.chat_id, photo.id, photo.file_id, missing)
                )
            return tasks

    async def unshown(self, limit: int) -> list[Outcome]:
        """Claim jobs whose outcome has to be shown, oldest first."""
        due = Job.state == CAPTIONED
        if not await self._any(or_(due, Job.state == SENDING)):
            return []
        async with self._database.write() as session:
            await self._settle_sending(
                session, and_(Job.bot_id == self._bot_id, Job.lease_until < utc_now())
            )
            return [await _outcome(session, job) for job in await self._claim(session, due, limit)]

    # ---- handing back ----

    async def announced(self, claim: Claim, placeholder_id: int) -> bool:
        """Store the placeholder of a job; false when the claim is lost."""
        return await self._hand_back(claim, placeholder_id=placeholder_id, attempts=0)

    async def store(self, claim: Claim, captions: Iterable[NewCaption]) -> bool:
        """Store captions and which of them the answer shows; false when the claim is lost."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is None:
                return False
            await store_captions(session, job.photo_id, captions)
            await compose_answer(session, job, self._variants)
            job.state, job.attempts, job.failure = CAPTIONED, 0, None
            _release(job)
            return True

    async def fail(self, claim: Claim, reason: str) -> bool:
        """End a job without (more) captions; its sender has to be told. False: claim is lost."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is None:
                return False
            await _settle_failure(session, job, reason)
            return True

    async def retry(self, claim: Claim, delay: timedelta) -> bool:
        """Give a job back, to be claimed again after `delay`; false when the claim is lost."""
        return await self._hand_back(claim, run_after=utc_now() + delay)

    async def release(self, claim: Claim) -> bool:
        """Give a job back as if it had never been claimed; false when the claim is lost."""
        return await self._hand_back(claim, attempts=Job.attempts - 1)

    async def sending(self, claim: Claim) -> bool:
        """Store that the outcome is now sent as a new message; false when the claim is lost."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is None:
                return False
            job.state, job.placeholder_id = SENDING, None
            return True

    async def not_sent(self, claim: Claim) -> None:
        """Take back `sending`, since the message has certainly not been sent."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is not None:
                job.state = CAPTIONED

    async def finish(self, claim: Claim, message_id: int | None = None) -> bool:
        """Store that the outcome was shown, in `message_id` if in a new message."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is None:
                return False
            if message_id is not None:
                job.placeholder_id = message_id
            job.state = FAILED if job.failure else DONE
            job.finished_at = job.finished_at or utc_now()
            _release(job)
            return True

    async def abandon(self, claim: Claim, reason: str, *, blocked: bool = False) -> bool:
        """End a job whose sender cannot be told; `blocked` when they have blocked the bot."""
        async with self._database.write() as session:
            job = await _claimed(session, claim)
            if job is None:
                return False
            job.state, job.failure = FAILED, reason
            job.finished_at = job.finished_at or utc_now()
            _release(job)
            if blocked and job.chat_id == job.user_id:
                user = await session.get_one(User, job.user_id)
                user.blocked_at = utc_now()
            return True

    # ---- inside ----

    def _due(self, condition: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
        unclaimed = or_(Job.claim_token.is_(None), Job.lease_until < now)
        return and_(Job.bot_id == self._bot_id, condition, unclaimed, Job.run_after <= now)

    async def _any(self, condition: ColumnElement[bool]) -> bool:
        """Whether claiming is worth a writing transaction."""
        async with self._database.read() as session:
            query = select(Job.id).where(Job.bot_id == self._bot_id, condition).limit(1)
            return await session.scalar(query) is not None

    async def _claim(
        self,
        session: AsyncSession,
        condition: ColumnElement[bool],
        limit: int,
        *,
        alone_after_failure: bool = False,
    ) -> Sequence[Job]:
        now = utc_now()
        jobs = list(
            await session.scalars(
                select(Job)
                .where(self._due(condition, now))
                .order_by(Job.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        )
        if alone_after_failure and jobs:
            fresh = [job for job in jobs if job.attempts == 0]
            jobs = fresh if jobs[0].attempts == 0 else jobs[:1]
        for job in jobs:
            job.claim_token = secrets.token_hex(8)
            job.lease_until = now + LEASE
            job.attempts += 1
        await session.flush()
        return jobs

    async def _settle_sending(self, session: AsyncSession, condition: ColumnElement[bool]) -> None:
        """End jobs that were being sent when their worker was killed: never a second message."""
        await session.execute(
            update(Job)
            .where(Job.state == SENDING, condition)
            .values(
                state=case((Job.failure.is_(None), DONE), else_=FAILED),
                finished_at=func.coalesce(Job.finished_at, utc_now()),
                claim_token=None,
                lease_until=None,
            )
        )

    async def _hand_back(self, claim: Claim, **values: object) -> bool:
        async with self._database.write() as session:
            row = await session.scalar(
                update(Job)
                # What is being sent may have arrived, so that is never begun again.
                .where(Job.id == claim.job_id, Job.claim_token == claim.token, Job.state != SENDING)
                .values(
                    claim_token=None,
                    lease_until=None,
                    state=case((Job.state == RUNNING, QUEUED), else_=Job.state),
                    **values,
                )
                .returning(Job.id)
            )
            return row is not None


def _claim_of(job: Job) -> Claim:
    assert job.claim_token is not None
    return Claim(job.id, job.claim_token, job.attempts)


def _release(job: Job) -> None:
    job.claim_token = job.lease_until = None


async def _claimed(session: AsyncSession, claim: Claim) -> Job | None:
    found: Job | None = await session.scalar(
        select(Job).where(Job.id == claim.job_id, Job.claim_token == claim.token)
    )
    return found


async def _language(session: AsyncSession, user_id: int) -> str | None:
    user = await session.get(User, user_id)
    return (user.language or user.language_code) if user else None


async def _place(session: AsyncSession, job: Job) -> int:
    before = select(func.count()).where(Job.state.in_((QUEUED, RUNNING)), Job.id <= job.id)
    return (await session.execute(before)).scalar_one()


async def _outcome(session: AsyncSession, job: Job) -> Outcome:
    answer = await load_answer(session, job.id, job.user_id)
    assert answer is not None
    return Outcome(
        claim=_claim_of(job),
        chat_id=job.chat_id,
        message_id=job.message_id,
        user_id=job.user_id,
        language_code=await _language(session, job.user_id),
        placeholder_id=job.placeholder_id,
        failure=job.failure,
        captions=answer.captions,
        other_model=answer.other_model,
    )


async def _settle_failure(session: AsyncSession, job: Job, reason: str) -> None:
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
        job.models = ",".join(answered)
    else:
        job.failure = reason
    job.state, job.attempts = CAPTIONED, 0
    _release(job)
