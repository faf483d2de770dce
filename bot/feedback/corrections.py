"""Corrections: the captions that people write themselves, and whom the bot waits for to do so.

A person has one correction of a photo; writing again replaces it. Whoever pressed the button is in
a conversation about one photo, which is stored, so that a restart in the middle forgets nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.caption_rules import check, tidy
from bot.feedback.kept_photos import KeptPhotos
from bot.queue.albums import album_of
from bot.queue.answered_jobs import job_answered_in, number_in_album, reachable_job
from bot.storage import Database
from bot.storage.people import ensure_person
from bot.storage.tables import (
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


class NotTheirsError(Exception):
    """Somebody presses the button of another person's correction."""


@dataclass(frozen=True, slots=True)
class OwnCaption:
    """A person's correction as it is stored."""

    correction_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """The bot waits for a person's caption of the photo of a job."""

    job_id: int
    number: int | None
    """The photo's place in its album, from 1."""
    message_id: int | None
    """The message with the photo; None when it is in another chat."""
    current: OwnCaption | None
    is_new: bool
    """False at the second press of a double click."""
    former_prompt: int | None
    """The message that asked the same person about another photo, or long ago."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a message is about: the photo of one job, or those of an album."""

    job_id: int
    photos: tuple[int, ...]
    """The jobs of the photos, in the order of their numbers in the album."""
    asked: bool
    """Whether the bot waited for it, so that even an unusable text deserves a reply."""


@dataclass(frozen=True, slots=True)
class Written:
    """A correction was stored."""

    correction: OwnCaption
    replaced: bool
    number: int | None
    """The photo's place in its album, from 1."""
    prompt_id: int | None
    """The message that asked for it, not needed any more."""


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
        for. A photo sent after the question ends the waiting: the text may be about that one.
        """
        now = utc_now()
        async with self._database.read() as session:
            waiting = await session.get(Conversation, (user_id, chat_id))
            if waiting is not None and reply_to is not None and waiting.prompt_id == reply_to:
                return Target(waiting.job_id, (waiting.job_id,), asked=True)
            if reply_to is not None:
                job = await job_answered_in(session, chat_id, reply_to)
                if job is not None:
                    photos = tuple(shown.id for shown in await album_of(session, job))
                    return Target(job.id, photos, asked=False)
            if not anything or waiting is None or now - waiting.created_at > OPEN_FOR:
                return None
            newer = exists().where(
                Job.chat_id == chat_id,
                Job.user_id == user_id,
                Job.received_at > waiting.created_at,
            )
            if await session.scalar(select(newer)):
                return None
            return Target(waiting.job_id, (waiting.job_id,), asked=True)

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
    ) -> tuple[bool, int | None]:
        """Wait no longer; with `prompt_id`, only if that message asked.

        Returns:
            Whether the bot did wait, and the message that asked.
        """
        async with self._database.write() as session:
            waiting = await session.get(Conversation, (user_id, chat_id))
            if waiting is None or prompt_id not in (None, waiting.prompt_id):
                return False, None
            await session.delete(waiting)
            return True, waiting.prompt_id

    # ---- writing ----

    async def write(self, user_id: int, chat_id: int, job_id: int, text: str) -> Written:
        """Store a person's caption of the photo of a job in place of an earlier one of theirs.

        Raises:
            CaptionRefusedError: the text cannot be used; the bot goes on waiting if it did.
            AnswerForgottenError: it is no longer stored, or neither this person's nor in this chat.
        """
        text = tidy(text)
        async with self._database.write() as session:
            job = await reachable_job(session, user_id, chat_id, job_id)
            known = select(Caption.text).join(Answer).where(Answer.job_id == job_id)
            check(text, tuple(await session.scalars(known)))
            await ensure_person(session, user_id)
            correction = await _correction(session, user_id, job.photo_id)
            replaced = correction is not None
            if correction is None:
                correction = Correction(user_id=user_id, photo_id=job.photo_id, text=text)
                session.add(correction)
            correction.text = text
            waiting = await session.get(Conversation, (user_id, chat_id))
            prompt_id = None
            if waiting is not None and waiting.job_id == job_id:
                prompt_id = waiting.prompt_id
                await session.delete(waiting)
            await session.flush()
            photo = await session.get_one(Photo, job.photo_id)
            is_wanted = await self._kept_photos.settle(session, [photo])
            written = Written(
                _own(correction), replaced, await number_in_album(session, job), prompt_id
            )
        if is_wanted:
            self._kept_photos.wake()
        return written

    async def withdraw(self, user_id: int, correction_id: int) -> bool:
        """Delete a person's correction; false when it was deleted already.

        Raises:
            NotTheirsError: it is another person's.
        """
        async with self._database.write() as session:
            correction = await session.get(Correction, correction_id)
            if correction is None:
                return False
            if correction.user_id != user_id:
                raise NotTheirsError
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


def _own(correction: Correction) -> OwnCaption:
    return OwnCaption(correction.id, correction.text)
