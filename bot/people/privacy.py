"""Forgetting a person: everything stored about them, in the database and on disk."""

from dataclasses import dataclass

from sqlalchemy import Executable, and_, delete, exists, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.kept_photos import KeptPhotos
from bot.storage import Database
from bot.storage.tables import Answer, Caption, Correction, Job, Photo, Rating, User


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted, in numbers."""

    photos: int
    captions: int
    ratings: int
    corrections: int
    """Captions that the person wrote."""
    placeholders: tuple[tuple[int, int], ...]
    """Chat and message ids of messages that announce captions which will not come now."""


class Privacy:
    """Deletes people, and the photos that are kept because of what they said."""

    def __init__(self, database: Database, kept_photos: KeptPhotos) -> None:
        self._database = database
        self._kept_photos = kept_photos

    async def forget(self, user_id: int) -> Forgotten | None:
        """Delete a person's photos, their captions, and the person's ratings, corrections, jobs,
        conversations and settings.

        A photo that somebody else sent too stays for them, with its captions, and nothing links
        it to this person any more. Jobs under way lose their rows, so their outcome is dropped.
        A ban stays, and so does the count of photos sent today: this is no way around either.

        Returns:
            What was deleted; None when nothing was stored about this person.
        """
        sent = exists().where(Job.photo_id == Photo.id, Job.user_id == user_id)
        sent_by_others = exists().where(Job.photo_id == Photo.id, Job.user_id != user_id)
        only_theirs = and_(sent, not_(sent_by_others))
        rated = select(Caption.photo_id).join(Rating).where(Rating.user_id == user_id)
        corrected = select(Correction.photo_id).where(Correction.user_id == user_id)
        async with self._database.write(long=True) as session:
            if await session.get(User, user_id) is None:
                return None
            forgotten = await _count(session, user_id)
            said_of_others = list(
                await session.scalars(
                    select(Photo).where(
                        or_(Photo.id.in_(rated), Photo.id.in_(corrected)), not_(only_theirs)
                    )
                )
            )
            kept = select(Photo.kept_name).where(only_theirs, Photo.kept_name.is_not(None))
            files = {name for name in await session.scalars(kept) if name is not None}
            # The rest follows by ON DELETE CASCADE: jobs, answers, captions, ratings, corrections.
            for statement in (
                delete(Photo).where(only_theirs),
                delete(User).where(User.id == user_id),
            ):
                await session.execute(statement, execution_options={"synchronize_session": False})
            await self._kept_photos.settle(session, said_of_others)
            await self._kept_photos.drop(session, files)
        return forgotten


async def _count(session: AsyncSession, user_id: int) -> Forgotten:
    async def number(query: Executable) -> int:
        return int(await session.scalar(query) or 0)

    of_person = Job.user_id == user_id
    unfinished = select(Job.chat_id, Job.placeholder_id).where(
        of_person, Job.finished_at.is_(None), Job.placeholder_id.is_not(None)
    )
    return Forgotten(
        photos=await number(select(func.count(Job.photo_id.distinct())).where(of_person)),
        captions=await number(
            select(func.count(Answer.caption_id.distinct())).join(Job).where(of_person)
        ),
        ratings=await number(select(func.count()).where(Rating.user_id == user_id)),
        corrections=await number(select(func.count()).where(Correction.user_id == user_id)),
        placeholders=tuple(
            (chat_id, message_id)
            for chat_id, message_id in await session.execute(unfinished)
            if message_id is not None
        ),
    )
