"""How the worker takes jobs from the database and hands them back, one step further.

A job goes through three steps, each with a claim of its own: a placeholder is sent, captions are
found, the outcome is shown. A claim has a token, which every later write checks, and a lease: when
it runs out, somebody else may claim the job, and what the first one writes comes to nothing.
The claim of an outcome covers all jobs of an album whose outcome is to be shown
(`bot.queue.albums`).
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.albums import followers_in, is_gathered
from bot.queue.answers import language_of
from bot.queue.captions import missing_models, store_captions
from bot.queue.steps import (
    Announcement,
    CaptionTask,
    Claim,
    NewCaption,
    Outcome,
    Variant,
    load_outcome,
    place_of,
    waiting_time,
)
from bot.queue.transitions import (
    abandon,
    all_claimed,
    claim_of,
    claimed,
    finish,
    settle,
    settle_if_known,
)
from bot.storage import Database
from bot.storage.tables import (
    ALT_TEXT,
    CAPTIONED,
    QUEUED,
    RUNNING,
    SENDING,
    Job,
    Photo,
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
        """Claim jobs that have no placeholder yet and need one, oldest first.

        Those whose captions are all stored are captioned without one: their answer comes at once.
        """
        due = and_(
            Job.state == QUEUED,
            Job.placeholder_id.is_(None),
            Job.lead_id.is_(None),
            Job.purpose != ALT_TEXT,
        )
        if not await self._any(due):
            return []
        while True:
            async with self._database.write() as session:
                jobs = await self._claim(session, due, limit)
                announcements = [
                    await _announcement(session, job)
                    for job in jobs
                    if not await settle_if_known(session, job, self._variants)
                ]
            if announcements or not jobs:
                return announcements

    async def uncaptioned(self, limit: int) -> list[CaptionTask]:
        """Claim photos to caption, oldest first; one that was tried before comes alone."""
        due = and_(
            or_(Job.state == QUEUED, Job.state == RUNNING),
            or_(
                Job.placeholder_id.is_not(None),
                Job.lead_id.is_not(None),
                Job.purpose == ALT_TEXT,
            ),
        )
        if not await self._any(due):
            return []
        async with self._database.write() as session:
            jobs = await self._claim(session, due, limit, alone_after_failure=True)
            tasks = []
            for job in jobs:
                if job.attempts > MAX_INTERRUPTIONS:
                    await settle(session, job, self._variants, INTERRUPTED)
                    continue
                job.state = RUNNING
                photo = await session.get_one(Photo, job.photo_id)
                missing = await missing_models(session, job, self._variants)
                tasks.append(
                    CaptionTask(
                        claim=claim_of(job),
                        chat_id=job.chat_id,
                        file_id=photo.file_id,
                        missing=missing,
                        detail=job.detail,
                        purpose=job.purpose,
                    )
                )
            return tasks

    async def unshown(self, limit: int) -> list[Outcome]:
        """Claim jobs whose outcome has to be shown, oldest first, each with its whole album.

        Those that were being sent when their worker was killed are in doubt: they are never sent
        a second time.
        """
        cut_off = and_(Job.state == SENDING, Job.lead_id.is_(None))
        due = or_(and_(Job.state == CAPTIONED, is_gathered(utc_now())), cut_off)
        if not await self._any(self._due(due, utc_now())):
            return []
        async with self._database.write() as session:
            outcomes = []
            for job in await self._claim(session, due, limit):
                for follower in await followers_in(session, job.id, job.state):
                    follower.claim_token, follower.lease_until = job.claim_token, job.lease_until
                    follower.attempts += 1
                outcome = await load_outcome(session, claim_of(job), job)
                if outcome.purpose == ALT_TEXT and not any(it.captions for it in outcome.answers):
                    # Nobody asked, so nobody is told.
                    await finish(session, outcome.claim)
                else:
                    outcomes.append(outcome)
            return outcomes

    # ---- handing back ----

    async def announced(self, claim: Claim, placeholder_id: int) -> bool:
        """Store the placeholder of a job; false when the claim is lost."""
        return await self._hand_back(claim, placeholder_id=placeholder_id, attempts=0)

    async def store(self, claim: Claim, captions: Iterable[NewCaption]) -> bool:
        """Store captions and which of them the answer shows; false when the claim is lost."""
        async with self._database.write() as session:
            job = await claimed(session, claim)
            if job is None:
                return False
            await store_captions(session, job.photo_id, captions)
            await settle(session, job, self._variants)
            return True

    async def fail(self, claim: Claim, reason: str) -> bool:
        """End a job without (more) captions; its sender has to be told. False: claim is lost."""
        async with self._database.write() as session:
            job = await claimed(session, claim)
            if job is None:
                return False
            await settle(session, job, self._variants, reason)
            return True

    async def retry(self, claim: Claim, delay: timedelta) -> bool:
        """Give a job back, to be claimed again after `delay`; false when the claim is lost."""
        return await self._hand_back(claim, run_after=utc_now() + delay)

    async def unclaim(self, claim: Claim) -> bool:
        """Give a job back as if it had never been claimed; false when the claim is lost."""
        return await self._hand_back(claim, attempts=Job.attempts - 1)

    async def sending(self, claim: Claim) -> bool:
        """Store that the outcome is now sent as a new message; false when the claim is lost."""
        async with self._database.write() as session:
            jobs = await all_claimed(session, claim)
            for job in jobs:
                job.state, job.placeholder_id = SENDING, None
            return bool(jobs)

    async def not_sent(self, claim: Claim) -> None:
        """Take back `sending`, since the message has certainly not been sent."""
        async with self._database.write() as session:
            for job in await all_claimed(session, claim):
                job.state = CAPTIONED

    async def finish(self, claim: Claim, message_id: int | None = None) -> bool:
        """Store that the outcome was shown, in `message_id` if in a new message."""
        async with self._database.write() as session:
            return await finish(session, claim, message_id)

    async def abandon(self, claim: Claim, reason: str, *, blocked: bool = False) -> bool:
        """End a job whose sender cannot be told; `blocked` when they have blocked the bot."""
        async with self._database.write() as session:
            job = await claimed(session, claim)
            if job is None:
                return False
            await abandon(session, job, reason, blocked=blocked)
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

    async def _hand_back(self, claim: Claim, **values: object) -> bool:
        async with self._database.write() as session:
            rows = await session.scalars(
                update(Job)
                # What was being sent stays so: it may have arrived, and is in doubt from now on.
                .where(Job.claim_token == claim.token)
                .values(
                    claim_token=None,
                    lease_until=None,
                    state=case((Job.state == RUNNING, QUEUED), else_=Job.state),
                    **values,
                )
                .returning(Job.id)
            )
            return rows.first() is not None


async def _announcement(session: AsyncSession, job: Job) -> Announcement:
    place = await place_of(session, job)
    return Announcement(
        claim=claim_of(job),
        chat_id=job.chat_id,
        message_id=job.message_id,
        language_code=await language_of(session, job.user_id),
        place=place,
        wait=await waiting_time(session, place),
        is_album=job.media_group_id is not None,
    )
