"""How the worker takes jobs from the database and hands them back, one step further.

A job goes through three steps, each with a claim of its own: a placeholder is sent, captions are
found, the outcome is shown. A claim has a token, which every later write checks, and a lease, which
is renewed while the step goes on: when it runs out, somebody else may claim the job, and what the
first one writes comes to nothing. The claim of an outcome covers all jobs of an album whose outcome
is to be shown (`bot.queue.albums`). What becomes of a job is said in `bot.queue.transitions`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue import transitions
from bot.queue.albums import followers_in, is_gathered
from bot.queue.captions import known_captions, missing_models, store_captions
from bot.queue.claiming import Claiming, note_claimed
from bot.queue.failures import Failure
from bot.queue.patience import until_stored
from bot.queue.shares import UNSHARED, Shares
from bot.queue.steps import (
    Announcement,
    CaptionTask,
    Claim,
    NewCaption,
    Outcome,
    VariantsFor,
    claim_of,
    claimed,
    load_announcements,
    load_outcome,
    under,
)
from bot.queue.turns import in_turn
from bot.storage import Database
from bot.storage.people import load_people
from bot.storage.tables import ALT_TEXT, CAPTIONED, QUEUED, RUNNING, SENDING, Job, Photo, utc_now

MAX_INTERRUPTIONS = 12
"""A photo during which the whole program was killed so often is not tried again."""


class Claims:
    """The jobs of one bot, for its worker.

    Given `shares`, it claims nothing for chats that have theirs.
    """

    def __init__(self, database: Database, bot_id: int, variants: VariantsFor) -> None:
        self._database = database
        self._bot_id = bot_id
        self._variants = variants
        self.held: set[Claim] = set()
        """Claims whose steps go on here. They are not taken over, however late their renewal is."""
        self._claiming = Claiming(database)

    # ---- at start ----

    @until_stored
    async def free(self) -> None:
        """Free the claims that an earlier process left. Only when no other worker can be alive."""
        async with self._database.write() as session:
            await transitions.free(session, self._bot_id)

    # ---- claiming ----

    async def unannounced(self, limit: int, shares: Shares = UNSHARED) -> list[Announcement]:
        """Claim jobs that have no placeholder yet and need one, people taking turns.

        Those whose captions are all stored are captioned without one: their answer comes at once.
        """
        unannounced = and_(
            Job.state == QUEUED,
            Job.placeholder_id.is_(None),
            Job.lead_id.is_(None),
            Job.purpose != ALT_TEXT,
        )
        due = self._due(unannounced, shares)
        if not await self._any(due):
            return []
        while True:
            async with self._claiming.session() as session:
                jobs = await _claim(session, due, limit, shares.within)
                if not jobs:
                    return []
                waiting = await transitions.settle_known(session, jobs, self._variants)
                if waiting:
                    return await load_announcements(session, waiting)

    async def uncaptioned(self, limit: int, shares: Shares = UNSHARED) -> list[CaptionTask]:
        """Claim photos to caption, people taking turns; one that was tried before comes alone."""
        uncaptioned = and_(
            or_(Job.state == QUEUED, Job.state == RUNNING),
            or_(
                Job.placeholder_id.is_not(None),
                Job.lead_id.is_not(None),
                Job.purpose == ALT_TEXT,
            ),
        )
        due = self._due(uncaptioned, shares)
        if not await self._any(due):
            return []
        async with self._claiming.session() as session:
            jobs = []
            for job in await _claim(session, due, limit, _alone_after_failure):
                if job.attempts > MAX_INTERRUPTIONS:
                    await transitions.fail(session, job, Failure.INTERRUPTED)
                else:
                    transitions.begin_captioning(job)
                    jobs.append(job)
            if not jobs:
                return []
            variants = {job: self._variants(job.user_id) for job in jobs}
            known = await known_captions(session, variants)
            photos = select(Photo.id, Photo.file_id).where(
                Photo.id.in_({job.photo_id for job in jobs})
            )
            file_ids = {row.id: row.file_id for row in await session.execute(photos)}
            return [
                CaptionTask(
                    claim=claim_of(job),
                    chat_id=job.chat_id,
                    file_id=file_ids[job.photo_id],
                    missing=missing_models(job, known, variants[job]),
                    detail=job.detail,
                    purpose=job.purpose,
                    variants=variants[job],
                )
                for job in jobs
            ]

    async def unshown(self, limit: int, shares: Shares = UNSHARED) -> list[Outcome]:
        """Claim jobs whose outcome has to be shown, people taking turns, each with its album.

        Those that were being sent when their worker was killed are in doubt: they are never sent
        a second time.
        """
        cut_off = and_(Job.state == SENDING, Job.lead_id.is_(None))
        unshown = or_(and_(Job.state == CAPTIONED, is_gathered(utc_now())), cut_off)
        due = self._due(unshown, shares)
        if not await self._any(due):
            return []
        async with self._claiming.session() as session:
            outcomes = []
            jobs = await _claim(session, due, limit, shares.within)
            await load_people(session, {job.user_id for job in jobs})
            for job in jobs:
                if job.media_group_id is not None:
                    transitions.join(job, await followers_in(session, job.id, job.state))
                outcome = await load_outcome(session, claim_of(job), job)
                if outcome.purpose == ALT_TEXT and not any(it.captions for it in outcome.answers):
                    # Nobody asked, so nobody is told.
                    await transitions.finish(session, outcome.claim)
                else:
                    outcomes.append(outcome)
            return outcomes

    async def renew(self, claims: Collection[Claim]) -> None:
        """Keep claims whose steps go on; those that are lost stay lost."""
        async with self._database.write() as session:
            await transitions.renew(session, claims)

    # ---- handing back ----

    @until_stored
    async def announced(self, claim: Claim, placeholder_id: int) -> bool:
        """Store the placeholder of a job; false when the claim is lost."""
        async with self._database.write() as session:
            return await transitions.announced(session, claim, placeholder_id)

    @until_stored
    async def store(
        self, captions: Sequence[tuple[CaptionTask, Iterable[NewCaption]]]
    ) -> frozenset[Claim]:
        """Store captions, and which of them the answers show, of several jobs at once.

        They are of the versions that each task was claimed with, whatever was promoted since.

        Returns:
            Those claims that were not lost.
        """
        async with self._database.write() as session:
            claims = [task.claim for task, _captions in captions]
            held = await session.scalars(select(Job).where(under(claims)))
            jobs = {job.id: job for job in held}
            stored = [it for it in captions if it[0].claim.job_id in jobs]
            if stored:
                new: defaultdict[int, list[NewCaption]] = defaultdict(list)
                for task, found in stored:
                    new[jobs[task.claim.job_id].photo_id] += found
                await store_captions(session, new)
                await transitions.settle(
                    session, {jobs[task.claim.job_id]: task.variants for task, _found in stored}
                )
            return frozenset(task.claim for task, _found in stored)

    @until_stored
    async def fail(self, claim: Claim, failure: Failure) -> bool:
        """End a job without (more) captions; its sender has to be told. False: claim is lost."""
        async with self._database.write() as session:
            job = await claimed(session, claim)
            if job is None:
                return False
            await transitions.fail(session, job, failure)
            return True

    @until_stored
    async def retry(self, claim: Claim, delay: timedelta) -> bool:
        """Give a job back, to be claimed again after `delay`; false when the claim is lost."""
        async with self._database.write() as session:
            return await transitions.retry(session, claim, delay)

    @until_stored
    async def postpone(self, claim: Claim, delay: timedelta) -> bool:
        """The same for a step that was not possible yet, which counts as no attempt."""
        async with self._database.write() as session:
            return await transitions.postpone(session, claim, delay)

    async def give_back(self, claim: Claim) -> bool:
        """Give a job back as if it had never been claimed; false when the claim is lost."""
        async with self._database.write() as session:
            return await transitions.give_back(session, claim)

    @until_stored
    async def sending(self, claim: Claim) -> bool:
        """Store that the outcome is now sent as a new message; false when the claim is lost."""
        async with self._database.write() as session:
            return await transitions.sending(session, claim)

    @until_stored
    async def not_sent(self, claim: Claim) -> None:
        """Take back `sending`, since the message has certainly not been sent."""
        async with self._database.write() as session:
            await transitions.not_sent(session, claim)

    @until_stored
    async def finish(self, claim: Claim, message_id: int | None = None) -> bool:
        """Store that the outcome was shown, in `message_id` if in a new message."""
        async with self._database.write() as session:
            return await transitions.finish(session, claim, message_id)

    @until_stored
    async def abandon(self, claim: Claim, failure: Failure, *, blocked: bool = False) -> bool:
        """End a job whose sender cannot be told; `blocked` when they have blocked the bot."""
        async with self._database.write() as session:
            job = await claimed(session, claim)
            if job is None:
                return False
            await transitions.abandon(session, job, failure, blocked=blocked)
            return True

    # ---- inside ----

    def _due(self, condition: ColumnElement[bool], shares: Shares) -> ColumnElement[bool]:
        now = utc_now()
        return and_(
            Job.bot_id == self._bot_id,
            condition,
            or_(
                Job.claim_token.is_(None),
                and_(
                    Job.lease_until < now,
                    Job.claim_token.not_in([claim.token for claim in self.held]),
                ),
            ),
            Job.run_after <= now,
            Job.chat_id.not_in(shares.used_up),
        )

    async def _any(self, due: ColumnElement[bool]) -> bool:
        """Whether claiming is worth a writing transaction."""
        if self._claiming.is_in_doubt:
            return True
        async with self._database.read() as session:
            return await session.scalar(select(Job.id).where(due).limit(1)) is not None


async def _claim(
    session: AsyncSession,
    due: ColumnElement[bool],
    limit: int,
    choose: Callable[[Sequence[Job]], Sequence[Job]],
) -> Sequence[Job]:
    """Claim what `choose` takes of the jobs that are due, people taking turns."""
    query = in_turn(due).limit(limit)
    found = await session.scalars(query.with_for_update(skip_locked=True, of=Job))
    jobs = choose(tuple(found))
    transitions.claim(jobs)
    note_claimed(session, map(claim_of, jobs))
    return jobs


def _alone_after_failure(jobs: Sequence[Job]) -> Sequence[Job]:
    if jobs and jobs[0].attempts > 0:
        return jobs[:1]
    return [job for job in jobs if job.attempts == 0]
