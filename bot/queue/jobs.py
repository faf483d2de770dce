"""What handlers ask for: captions of a photo. The database holds the jobs; nothing else does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.albums import FINISHED, GATHERING, album_of, join_album
from bot.queue.transitions import enqueue, reopen, requeue
from bot.storage import Database
from bot.storage.people import note_presence
from bot.storage.tables import (
    ANSWER,
    DONE,
    FAILED,
    NORMAL,
    Job,
    Photo,
)
from captioning import MODELS


class Sender(Protocol):
    """Who sends a photo."""

    @property
    def id(self) -> int:
        """The Telegram id."""

    @property
    def language_code(self) -> str | None:
        """As Telegram reports it."""


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photo as an update describes it: one of its sizes, or an image sent as a file."""

    file_id: str
    file_unique_id: str
    width: int | None = None
    """In pixels; Telegram does not tell it of images sent as files."""
    height: int | None = None
    file_size: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job for a photo; `is_new` is false when it was there already."""

    job_id: int
    is_new: bool
    wait: timedelta = timedelta(0)
    """So long it is left alone first, since its sender has sent many at once."""
    per_minute: int = 0
    """So many photos of one person are begun in a minute, if it waits."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a photo was not accepted, and what to say about it."""

    period: Literal["minute", "day"]
    limit: int
    """So many photos are accepted in the period."""
    wait: timedelta
    """When the next ones are accepted."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a photo that was accepted is begun."""

    wait: timedelta = timedelta(0)
    per_minute: int = 0
    """So many photos of one person are begun in a minute; 0 for any number."""


AT_ONCE = Turn()


class Allowance(Protocol):
    """What decides how many photos a person may send."""

    async def take(self, session: AsyncSession, user_id: int) -> Turn | Refusal:
        """Count one photo of a person, in the transaction that accepts it, or refuse it."""


class Jobs:
    """Accepts photos. `wake` is called when there is something to do for the worker.

    Without `limits` everybody may send any number.
    """

    def __init__(
        self,
        database: Database,
        wake: Callable[[], object] = lambda: None,
        limits: Allowance | None = None,
    ) -> None:
        self._database = database
        self._wake = wake
        self._limits = limits

    async def accept(
        self,
        *,
        bot_id: int,
        chat_id: int,
        message_id: int,
        user: Sender,
        photo: PhotoRef,
        models: Sequence[str],
        media_group_id: str | None = None,
        detail: str = NORMAL,
        purpose: str = ANSWER,
        again: bool = False,
    ) -> Accepted | Refusal:
        """Store that a photo wants captions, once, however often the update arrives.

        Photos of the same `media_group_id` get one answer together; leave it out when only one
        photo of an album is asked about. `detail` is SHORT, NORMAL or LONG. A job whose `purpose`
        is ALT_TEXT has no placeholder, and its failure is not told. With `again`, a single photo
        that could not be captioned, or whose answer may not have arrived, is tried once more, and
        gets an answer of its own.

        Returns:
            A refusal, when the person has sent as many photos as the limits allow and more
            would have to wait for too long.
        """
        async with self._database.write() as session:
            stored = await session.scalar(
                select(Photo).where(Photo.file_unique_id == photo.file_unique_id)
            )
            known = None
            if stored is not None:  # else nobody has sent the photo before
                known = await _job_of(session, bot_id, chat_id, message_id, stored)
            is_new = known is None or (again and _has_no_answer(known))
            turn = AT_ONCE
            if is_new and self._limits is not None:
                taken = await self._limits.take(session, user.id)
                if isinstance(taken, Refusal):
                    return taken
                turn = taken
            await note_presence(session, user.id, user.language_code)
            photo_id = await _store_photo(session, stored, photo)
            if not is_new and known is not None:
                return Accepted(known.id, is_new=False)
            job = known or Job(
                bot_id=bot_id, chat_id=chat_id, message_id=message_id, photo_id=photo_id
            )
            job.user_id, job.purpose, job.detail = user.id, purpose, detail
            job.models = tuple(models)
            enqueue(job, turn.wait)
            if known is None:
                job.media_group_id = media_group_id
                session.add(job)
            await session.flush()
            if job.media_group_id is not None:
                await join_album(session, job)
            accepted = Accepted(job.id, True, turn.wait, turn.per_minute)
        self._wake()
        if media_group_id is not None:
            # The album may be complete then.
            asyncio.get_running_loop().call_later(GATHERING.total_seconds(), self._wake)
        return accepted

    async def also_ask(self, job_id: int, model: str, *, message_id: int | None = None) -> bool:
        """Ask one more model about the photo of an answered job, or the photos of its album; the
        same message will show it.

        `message_id` is the message with the answer, in case the bot does not know it: it was
        killed while sending it.

        Returns:
            Whether the model was not asked already; a second press changes nothing.

        Raises:
            ValueError: there is no such model.
        """
        if model not in MODELS:
            raise ValueError(f"There is no model {model!r}.")
        async with self._database.write() as session:
            job = await session.get(Job, job_id)
            if job is None:
                return False
            lead = await session.get_one(Job, job.lead_id or job.id)
            asked = [
                photo
                for photo in await album_of(session, job)
                if photo.state == DONE and model not in photo.models
            ]
            if lead.state not in FINISHED or not asked:
                return False
            for photo in asked:
                photo.models = _with_model(photo.models, model)
                requeue(photo)
            lead.placeholder_id = lead.placeholder_id or message_id
        self._wake()
        return True

    async def show_in(self, job_id: int, message_id: int) -> bool:
        """Let a message become the answer to a job, or to its album, which may not have arrived.

        Returns:
            Whether it will; false when the message with the answer is known.
        """
        async with self._database.write() as session:
            job = await session.get(Job, job_id)
            if job is None:
                return False
            lead = await session.get_one(Job, job.lead_id or job.id)
            if lead.state not in FINISHED or lead.placeholder_id is not None:
                return False
            lead.placeholder_id = message_id
            reopen(lead)
        self._wake()
        return True

    async def knows_album(self, *, bot_id: int, chat_id: int, media_group_id: str) -> bool:
        """Whether a photo of this album was accepted: its others belong to the same answer."""
        known = select(Job.id).where(
            Job.bot_id == bot_id, Job.chat_id == chat_id, Job.media_group_id == media_group_id
        )
        async with self._database.read() as session:
            return await session.scalar(known.limit(1)) is not None

    async def answer_message(self, job_id: int) -> int | None:
        """The id of the message that is, or becomes, the answer to a job, or to its album."""
        async with self._database.read() as session:
            job = await session.get(Job, job_id)
            if job is not None and job.lead_id is not None:
                job = await session.get(Job, job.lead_id)
        return job.placeholder_id if job is not None else None


async def _job_of(
    session: AsyncSession, bot_id: int, chat_id: int, message_id: int, photo: Photo
) -> Job | None:
    job: Job | None = await session.scalar(
        select(Job).where(
            Job.bot_id == bot_id,
            Job.chat_id == chat_id,
            Job.message_id == message_id,
            Job.photo_id == photo.id,
        )
    )
    return job


def _has_no_answer(job: Job) -> bool:
    is_lost = job.state == DONE and job.placeholder_id is None
    return job.media_group_id is None and (job.state == FAILED or is_lost)


def _with_model(models: Sequence[str], model: str) -> tuple[str, ...]:
    asked = {*models, model}
    return (*(name for name in MODELS if name in asked), *sorted(asked - MODELS.keys()))


async def _store_photo(session: AsyncSession, photo: Photo | None, ref: PhotoRef) -> int:
    if photo is None:
        photo = Photo(file_unique_id=ref.file_unique_id)
        session.add(photo)
    # The newest file_id is the one most likely to work.
    photo.file_id = ref.file_id
    photo.file_size = ref.file_size
    photo.width = ref.width
    photo.height = ref.height
    await session.flush()
    return photo.id
