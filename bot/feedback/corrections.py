"""Corrections: the captions that people write themselves, and whom the bot waits for to do so.

A person has one correction of a photo; writing again replaces it. Whoever pressed the button is in
a conversation about one photo, which is stored, so that a restart in the middle forgets nothing.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.caption_rules import check, tidy
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.own_captions import (
    Cancelled,
    NotTheirsError,
    OwnCaption,
    Request,
    Target,
    Written,
)
from bot.queue.albums import album_of
from bot.queue.answered_jobs import job_answered_in, number_in_album, reachable_job
from bot.storage import Database
from bot.storage.people import ensure_person
from bot.storage.tables import (
    ANSWER,
    Answer,
    Caption,
    Conversation,
    Correction,
    Job,
    Photo,
    utc_now,
)

OPEN_FOR = timedelta(days=1)
"""What somebody writes later than this after pressing the button is no caption."""

DOUBLE_CLICK = timedelta(seconds=20)
"""A second press so soon asks for nothing new."""


class Corrections:
    """Stores corrections; the photo behind one is kept as that behind a rated caption is."""

    def __init__(self, database: Database, kept_photos: KeptPhotos) -> None:
        self._database = database
        self._kept_photos = kept_photos

    # ---- which photo ----

    async def target(
        self, user_id: int, chat_id: int, reply_to: int | None, *, anything: bool
    ) -> Target | None:
        """What a person's text is about: the answer or question it replies to.

        With `anything` a text that replies to nothing of the kind is taken for what the bot waits
        for; when a photo was sent after the question, for a caption of one of the two.
        """
        now = utc_now()
        async with self._database.read() as session:
            waiting = await session.get(Conversation, (user_id, chat_id))
            if waiting is not None and reply_to is not None and waiting.prompt_id == reply_to:
                return await _asked_about(session, waiting)
            if reply_to is not None:
                job = await job_answered_in(session, chat_id, reply_to)
                if job is not None:
                    photos = tuple(shown.id for shown in await album_of(session, job))
                    return Target(job.id, photos, asked=False)
            if not anything or waiting is None or now - waiting.created_at > OPEN_FOR:
                return None
            newest = await session.scalar(
                select(Job.id)
                .where(
                    Job.chat_id == chat_id,
                    Job.user_id == user_id,
                    Job.purpose == ANSWER,
                    Job.received_at > waiting.created_at,
                )
                .order_by(Job.id.desc())
                .limit(1)
            )
            target = await _asked_about(session, waiting)
            return target if newest is None else replace(target, newer=newest)

    # ---- asking ----

    async def begin(self, user_id: int, chat_id: int, job_id: int) -> Request:
        """Wait for a person's caption of the photo of a job, and for no other one in this chat.

        Raises:
            AnswerForgottenError: it is no longer stored, or neither this person's nor in this chat.
        """
        now = utc_now()
        async with self._database.write() as session:
            job = await reachable_job(session, user_id, chat_id, job_id)
            await ensure_person(session, user_id)
            waiting = await session.get(Conversation, (user_id, chat_id))
            is_same = waiting is not None and waiting.job_id == job_id
            is_new, former_prompt = True, None
            if waiting is None:
                waiting = Conversation(user_id=user_id, chat_id=chat_id, job_id=job_id)
                session.add(waiting)
            elif is_same and now - waiting.created_at < DOUBLE_CLICK:
                is_new = False
            else:
                former_prompt = waiting.prompt_id
            if is_new:
                waiting.job_id, waiting.prompt_id, waiting.created_at = job_id, None, now
            correction = await _correction(session, user_id, job.photo_id)
            return Request(
                job_id=job_id,
                number=await number_in_album(session, job),
                message_id=job.message_id if job.chat_id == chat_id else None,
                current=_own(correction) if correction is not None else None,
                is_new=is_new,
                former_prompt=former_prompt,
            )

    async def prompted(self, user_id: int, chat_id: int, job_id: int, prompt_id: int) -> int | None:
        """Store which message asks for the caption.

        Returns:
            A message that is not needed any more: the one that asked before, or this one when the
            caption is not waited for any more.
        """
        async with self._database.write() as session:
            waiting = await session.get(Conversation, (user_id, chat_id))
            if waiting is None or waiting.job_id != job_id:
                return prompt_id
            former, waiting.prompt_id = waiting.prompt_id, prompt_id
            return former

    async def cancel(
        self, user_id: int, chat_id: int, *, prompt_id: int | None = None
    ) -> Cancelled | None:
        """Wait no longer; with `prompt_id`, only if that message asked.

        Returns:
            None when the bot did not wait.
        """
        async with self._database.write() as session:
            waiting = await session.get(Conversation, (user_id, chat_id))
            if waiting is None or prompt_id not in (None, waiting.prompt_id):
                return None
            job = await session.get_one(Job, waiting.job_id)
            current = await _correction(session, user_id, job.photo_id)
            await session.delete(waiting)
            return Cancelled(waiting.prompt_id, _own(current) if current is not None else None)

    # ---- writing ----

    async def replaceable(
        self, user_id: int, chat_id: int, job_id: int, text: str
    ) -> OwnCaption | None:
        """A person's caption that another text would replace; None when there is none, or that.

        Raises:
            CaptionRefusedError, AnswerForgottenError: as `write`.
        """
        async with self._database.read() as session:
            job = await reachable_job(session, user_id, chat_id, job_id)
            correction = await _correction(session, user_id, job.photo_id)
            if correction is None or correction.text == tidy(text):
                return None
            check(tidy(text), await _said_by_models(session, job_id))
            return _own(correction)

    async def write(self, user_id: int, chat_id: int, job_id: int, text: str) -> Written:
        """Store a person's caption of the photo of a job in place of an earlier one of theirs.

        Raises:
            CaptionRefusedError: the text cannot be used; the bot goes on waiting if it did.
            AnswerForgottenError: it is no longer stored, or neither this person's nor in this chat.
        """
        text = tidy(text)
        async with self._database.write() as session:
            job = await reachable_job(session, user_id, chat_id, job_id)
            check(text, await _said_by_models(session, job_id))
            await ensure_person(session, user_id)
            correction, former = await _store(session, user_id, job.photo_id, text)
            waiting = await session.get(Conversation, (user_id, chat_id))
            prompt_id = None
            if waiting is not None and waiting.job_id == job_id:
                prompt_id = waiting.prompt_id
                await session.delete(waiting)
            await session.flush()
            photo = await session.get_one(Photo, job.photo_id)
            is_wanted = await self._kept_photos.settle(session, [photo])
            number = await number_in_album(session, job)
            written = Written(_own(correction), former, number, prompt_id)
        if is_wanted:
            self._kept_photos.wake()
        return written

    async def undo(self, user_id: int, correction_id: int, text: str) -> Written | None:
        """Let a former text of theirs replace a person's correction again.

        Returns:
            None when that correction was replaced or withdrawn already.

        Raises:
            NotTheirsError: it is another person's.
        """
        async with self._database.write() as session:
            correction = await _theirs(session, user_id, correction_id)
            if correction is None:
                return None
            restored, _ = await _store(session, user_id, correction.photo_id, text)
            return Written(_own(restored), former=None, number=None, prompt_id=None)

    async def withdraw(self, user_id: int, correction_id: int) -> bool:
        """Delete a person's correction; false when it was deleted already.

        Raises:
            NotTheirsError: it is another person's.
        """
        async with self._database.write() as session:
            correction = await _theirs(session, user_id, correction_id)
            if correction is None:
                return False
            photo = await session.get_one(Photo, correction.photo_id)
            await session.delete(correction)
            await session.flush()
            await self._kept_photos.settle(session, [photo])
            return True


async def _correction(session: AsyncSession, user_id: int, photo_id: int) -> Correction | None:
    found: Correction | None = await session.scalar(
        select(Correction).where(Correction.user_id == user_id, Correction.photo_id == photo_id)
    )
    return found


async def _theirs(session: AsyncSession, user_id: int, correction_id: int) -> Correction | None:
    """A person's correction; None when it was replaced or withdrawn already.

    Raises:
        NotTheirsError: it is another person's.
    """
    correction = await session.get(Correction, correction_id)
    if correction is not None and correction.user_id != user_id:
        raise NotTheirsError
    return correction


async def _store(
    session: AsyncSession, user_id: int, photo_id: int, text: str
) -> tuple[Correction, str | None]:
    """Store a text in place of an earlier one, which is returned too.

    Under an id of its own, so that the buttons below the earlier one do nothing to it.
    """
    former = await _correction(session, user_id, photo_id)
    if former is not None and former.text == text:
        return former, None
    correction = Correction(user_id=user_id, photo_id=photo_id, text=text)
    if former is not None:
        correction.created_at = former.created_at
        await session.delete(former)
        await session.flush()
    session.add(correction)
    await session.flush()
    return correction, None if former is None else former.text


async def _said_by_models(session: AsyncSession, job_id: int) -> tuple[str, ...]:
    known = select(Caption.text).join(Answer).where(Answer.job_id == job_id)
    return tuple(await session.scalars(known))


async def _asked_about(session: AsyncSession, waiting: Conversation) -> Target:
    """What the bot waits for: the photo of a job, or by its number another of its album."""
    job = await session.get_one(Job, waiting.job_id)
    photos = tuple(shown.id for shown in await album_of(session, job))
    return Target(job.id, photos, asked=True)


def _own(correction: Correction) -> OwnCaption:
    return OwnCaption(correction.id, correction.text)
