"""What visitors say about captions: stored with the bot's own services, and only then anything is.

A photo comes into the database with its first rating or correction, as one that the bot has
answered; when the last one is taken back, it goes again.
"""

from collections.abc import Mapping

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.caption_rules import check, tidy
from bot.feedback.corrections import Corrections
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.ratings import Feedback
from bot.queue.answers import AnswerForgottenError
from bot.queue.captions import store_captions
from bot.queue.steps import Variant
from bot.queue.transitions import record_answered
from bot.storage import Database
from bot.storage.people import note_presence
from bot.storage.tables import NORMAL, Answer, Caption, Correction, Job, Photo, Rating, User
from bot.web.uploads import Upload

WEB = 0
"""In place of a bot's id: no worker takes up jobs of it."""


class Opinions:
    """Ratings and corrections of photos in memory."""

    def __init__(
        self,
        database: Database,
        kept_photos: KeptPhotos,
        variants: Mapping[str, Variant],
    ) -> None:
        self._database = database
        self._kept_photos = kept_photos
        self._variants = variants
        self._feedback = Feedback(database, kept_photos)
        self._corrections = Corrections(database, kept_photos)

    async def recall(self, upload: Upload) -> None:
        """Find what its visitor said about the same photo before: an hour ago, or last month."""
        if upload.is_recalled or not upload.captions:
            return
        async with upload.storing, self._database.read() as session:
            photo_id = await session.scalar(
                select(Photo.id).where(Photo.file_unique_id == upload.file_id)
            )
            if photo_id is not None:
                await _recall(session, upload, photo_id)
            upload.is_recalled = True

    async def rate(self, upload: Upload, index: int, value: int, language: str) -> int:
        """Rate a caption, by its place, +1 or -1; the same again takes it back.

        Returns:
            The rating now: +1, -1, or 0 for none.

        Raises:
            IndexError: there is no such caption.
        """
        if not 0 <= index < len(upload.captions):
            raise IndexError(index)
        await self.recall(upload)
        async with upload.storing:
            job_id = await self._store(upload, language)
            upload.ratings[index] = await self._feedback.rate(
                user_id=upload.visitor,
                chat_id=upload.visitor,
                job_id=job_id,
                caption_id=upload.caption_ids[index],
                value=value,
            )
            await self._tidy(upload)
            return upload.ratings[index]

    async def correct(self, upload: Upload, text: str, language: str) -> str:
        """Store a visitor's own caption, in place of an earlier one.

        Returns:
            The caption as it is stored.

        Raises:
            CaptionRefusedError: it cannot be used.
        """
        # Before anything is stored.
        check(tidy(text), tuple(caption.text for caption in upload.captions))
        async with upload.storing:
            job_id = await self._store(upload, language)
            written = await self._corrections.write(upload.visitor, upload.visitor, job_id, text)
            upload.correction = (written.correction.correction_id, written.correction.text)
            return written.correction.text

    async def withdraw(self, upload: Upload) -> None:
        """Delete a visitor's own caption."""
        async with upload.storing:
            if upload.correction is not None:
                await self._corrections.withdraw(upload.visitor, upload.correction[0])
                upload.correction = None
                await self._tidy(upload)

    async def forget(self, upload: Upload) -> None:
        """Delete all that a visitor said about a photo, and with it the photo."""
        async with upload.storing:
            if upload.job_id is None:
                return
            photo_id = select(Job.photo_id).where(Job.id == upload.job_id).scalar_subquery()
            of_photo = select(Caption.id).where(Caption.photo_id == photo_id)
            async with self._database.write() as session:
                for statement in (
                    delete(Rating).where(
                        Rating.user_id == upload.visitor, Rating.caption_id.in_(of_photo)
                    ),
                    delete(Correction).where(
                        Correction.user_id == upload.visitor, Correction.photo_id == photo_id
                    ),
                ):
                    await session.execute(statement)
            upload.ratings.clear()
            upload.correction = None
            await self._tidy(upload)

    async def _store(self, upload: Upload, language: str) -> int:
        """The job of a photo; what is stored already, and was not forgotten, stays as it is."""
        async with self._database.write() as session:
            await note_presence(session, upload.visitor, language)
            if upload.job_id is not None and await session.get(Job, upload.job_id) is not None:
                return upload.job_id
            photo = await session.scalar(
                select(Photo).where(Photo.file_unique_id == upload.file_id)
            )
            if photo is None:
                photo = Photo(file_unique_id=upload.file_id, file_id=upload.file_id)
                photo.file_size = len(upload.data)
                session.add(photo)
                await session.flush()
            await store_captions(session, {photo.id: upload.captions})
            job = Job(
                bot_id=WEB,
                chat_id=upload.visitor,
                message_id=upload.number,
                photo_id=photo.id,
                user_id=upload.visitor,
                models=tuple(caption.model for caption in upload.captions),
                detail=NORMAL,
            )
            session.add(job)
            await session.flush()
            await record_answered(session, job, self._variants)
            await session.flush()
            shown = select(Answer.caption_id).where(Answer.job_id == job.id)
            upload.caption_ids = tuple(await session.scalars(shown.order_by(Answer.position)))
            upload.job_id = job.id
            if len(upload.caption_ids) != len(upload.captions):
                raise AnswerForgottenError
            return job.id

    async def _tidy(self, upload: Upload) -> None:
        """Let nothing be stored of a photo about which nothing is said any more."""
        if any(upload.ratings.values()) or upload.correction is not None:
            return
        async with self._database.write() as session:
            job = await session.get(Job, upload.job_id)
            if job is None:
                return
            photo_id = job.photo_id
            await session.delete(job)
            await session.flush()
            await self._drop_photo(session, photo_id)
            if not await session.scalar(select(exists().where(Job.user_id == upload.visitor))):
                await session.execute(delete(User).where(User.id == upload.visitor))
        upload.job_id, upload.caption_ids = None, ()

    async def _drop_photo(self, session: AsyncSession, photo_id: int) -> None:
        photo = await session.get_one(Photo, photo_id)
        if await session.scalar(select(exists().where(Job.photo_id == photo_id))):
            await self._kept_photos.settle(session, [photo])
            return
        kept = {photo.kept_name} if photo.kept_name is not None else set()
        await session.delete(photo)
        await session.flush()
        await self._kept_photos.drop(session, kept)


async def _recall(session: AsyncSession, upload: Upload, photo_id: int) -> None:
    ids = [
        await session.scalar(
            select(Caption.id).where(
                Caption.photo_id == photo_id,
                Caption.model == caption.model,
                Caption.version == caption.version,
                Caption.options == caption.options,
            )
        )
        for caption in upload.captions
    ]
    own = select(Correction).where(
        Correction.user_id == upload.visitor, Correction.photo_id == photo_id
    )
    if (correction := await session.scalar(own)) is not None:
        upload.correction = (correction.id, correction.text)
    for index, caption_id in enumerate(ids):
        if caption_id is not None:
            rating = await session.get(Rating, (upload.visitor, caption_id))
            upload.ratings[index] = rating.value if rating is not None else 0
    jobs = select(Job.id).where(
        Job.bot_id == WEB, Job.user_id == upload.visitor, Job.photo_id == photo_id
    )
    for job_id in await session.scalars(jobs):
        shown = select(Answer.caption_id).where(Answer.job_id == job_id).order_by(Answer.position)
        if list(await session.scalars(shown)) == ids:
            upload.job_id = job_id
            upload.caption_ids = tuple(caption_id for caption_id in ids if caption_id is not None)
