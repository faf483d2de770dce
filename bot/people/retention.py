"""Deletes what nobody has used for a while, in the background: rows, and the files behind them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.feedback.kept_photos import KeptPhotos
from bot.people.limits import window
from bot.storage import Database
from bot.storage.tables import (
    DONE,
    FAILED,
    Caption,
    Conversation,
    Correction,
    Job,
    Notice,
    Photo,
    Rating,
    Usage,
    User,
    utc_now,
)

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
BATCH = 200
"""Rows in one transaction: photos that arrive meanwhile do not wait for the whole sweep."""

UNSYNCED = {"synchronize_session": False}

Step = Callable[[AsyncSession, datetime], Awaitable[int]]
"""`(session, cutoff)` → how many rows it has deleted, at most BATCH."""


class Retention:
    """Sweeps a database and the kept photos once an hour.

    A photo, its captions and what people said about them go when the photo was last sent, rated
    or corrected more than `days` ago; people, when they were last here before that and nothing of
    theirs is left. Without `days` only counts and notices of past minutes and days are swept.
    """

    def __init__(self, database: Database, kept_photos: KeptPhotos, days: int | None) -> None:
        self._database = database
        self._kept_photos = kept_photos
        self._days = days or None

    async def run(self) -> None:
        """Sweep until cancelled; an unfinished sweep is finished after the next start."""
        while True:
            try:
                deleted = await self.sweep()
                if deleted:
                    logger.info("%d photos and people were deleted: their time was over", deleted)
            except Exception:
                logger.exception("The sweep of old data failed; trying again in an hour")
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self, now: datetime | None = None) -> int:
        """Delete everything that is due at `now`; returns how many photos and people that was."""
        now = now or utc_now()
        await self._sweep_passing(now)
        if self._days is None:
            return 0
        cutoff = now - timedelta(days=self._days)
        # What people said first: it decides whether a photo is still used, and by whom.
        for step in (self._ratings, self._corrections, _conversations, _jobs):
            await self._repeat(step, cutoff)
        return await self._repeat(self._photos, cutoff) + await self._repeat(_people, cutoff)

    async def _repeat(self, step: Step, cutoff: datetime) -> int:
        total = 0
        while True:
            async with self._database.write(long=True) as session:
                deleted = await step(session, cutoff)
            total += deleted
            if deleted < BATCH:
                return total

    async def _sweep_passing(self, now: datetime) -> None:
        """Counts and notices of minutes and days that are over."""
        today = window("day", now)
        past_minutes = Usage.window.like("%T__:__") & (Usage.window < window("minute", now))
        async with self._database.write(long=True) as session:
            await session.execute(delete(Usage).where(or_(Usage.window < today, past_minutes)))
            await session.execute(delete(Notice).where(Notice.until <= now))

    async def _ratings(self, session: AsyncSession, cutoff: datetime) -> int:
        due = await session.execute(
            select(Rating, Caption.photo_id)
            .join(Caption, Caption.id == Rating.caption_id)
            .where(Rating.updated_at < cutoff)
            .limit(BATCH)
        )
        return await self._withdraw(session, [(rating, photo_id) for rating, photo_id in due])

    async def _corrections(self, session: AsyncSession, cutoff: datetime) -> int:
        due = await session.scalars(
            select(Correction).where(Correction.updated_at < cutoff).limit(BATCH)
        )
        return await self._withdraw(session, [(it, it.photo_id) for it in due])

    async def _withdraw(
        self, session: AsyncSession, due: list[tuple[Rating | Correction, int]]
    ) -> int:
        """Delete opinions, each given with the id of its photo, and files kept because of them."""
        for opinion, _photo_id in due:
            await session.delete(opinion)
        await session.flush()
        photo_ids = {photo_id for _opinion, photo_id in due}
        photos = list(await session.scalars(select(Photo).where(Photo.id.in_(photo_ids))))
        await self._kept_photos.settle(session, photos)
        return len(due)

    async def _photos(self, session: AsyncSession, _cutoff: datetime) -> int:
        """Photos of which no message is left: their captions, and what was said about them."""
        rows = await session.execute(
            select(Photo.id, Photo.kept_name)
            .where(~exists().where(Job.photo_id == Photo.id))
            .limit(BATCH)
        )
        found = rows.all()
        due = [photo_id for photo_id, _name in found]
        await session.execute(delete(Photo).where(Photo.id.in_(due)), execution_options=UNSYNCED)
        files = {name for _photo_id, name in found if name is not None}
        await self._kept_photos.drop(session, files)
        return len(due)


async def _conversations(session: AsyncSession, cutoff: datetime) -> int:
    await session.execute(delete(Conversation).where(Conversation.created_at < cutoff))
    return 0


async def _jobs(session: AsyncSession, cutoff: datetime) -> int:
    """Messages with photos about which nobody has said anything since `cutoff`.

    An album is one answer, so it goes as a whole; what waits for its captions stays.
    """
    of_album = aliased(Job)
    lead_id = func.coalesce(Job.lead_id, Job.id)
    in_use: ColumnElement[bool] = exists().where(
        or_(of_album.id == lead_id, of_album.lead_id == lead_id),
        or_(
            of_album.received_at >= cutoff,
            of_album.state.not_in((DONE, FAILED)),
            exists().where(Rating.caption_id == Caption.id, Caption.photo_id == of_album.photo_id),
            exists().where(Correction.photo_id == of_album.photo_id),
        ),
    )
    due = list(
        await session.scalars(
            select(Job.id).where(Job.received_at < cutoff, ~in_use).order_by(Job.id).limit(BATCH)
        )
    )
    await session.execute(delete(Job).where(Job.id.in_(due)), execution_options=UNSYNCED)
    return len(due)


async def _people(session: AsyncSession, cutoff: datetime) -> int:
    due = list(
        await session.scalars(
            select(User.id)
            .where(
                User.last_seen_at < cutoff,
                ~exists().where(Job.user_id == User.id),
                ~exists().where(Rating.user_id == User.id),
                ~exists().where(Correction.user_id == User.id),
            )
            .limit(BATCH)
        )
    )
    await session.execute(delete(User).where(User.id.in_(due)), execution_options=UNSYNCED)
    return len(due)
