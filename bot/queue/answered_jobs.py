"""Which answered photo a message or the button below it is about."""

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.queue.albums import album_of
from bot.queue.answers import AnswerForgottenError
from bot.storage.tables import ANSWER, Answer, Job


async def reachable_job(session: AsyncSession, user_id: int, chat_id: int, job_id: int) -> Job:
    """A job that was answered in a chat, or for a person: anybody can invent a button's data.

    Raises:
        AnswerForgottenError: it is no longer stored, or neither this person's nor in this chat.
    """
    job: Job | None = await session.scalar(
        select(Job).where(
            Job.id == job_id,
            Job.purpose == ANSWER,
            or_(Job.chat_id == chat_id, Job.user_id == user_id),
        )
    )
    if job is None:
        raise AnswerForgottenError
    return job


async def job_answered_in(session: AsyncSession, chat_id: int, message_id: int) -> Job | None:
    """The job whose captions a message shows."""
    photo = aliased(Job)
    of_message = or_(photo.id == Job.id, photo.lead_id == Job.id)
    captioned = exists().where(Answer.job_id == photo.id, of_message).correlate(Job)
    job: Job | None = await session.scalar(
        select(Job)
        .where(
            Job.chat_id == chat_id,
            Job.placeholder_id == message_id,
            Job.purpose == ANSWER,
            captioned,
        )
        .order_by(Job.id)
        .limit(1)
    )
    return job


async def number_in_album(session: AsyncSession, job: Job) -> int | None:
    """A photo's place in its album, from 1; None of a photo that was sent alone."""
    album = [photo.id for photo in await album_of(session, job)]
    return album.index(job.id) + 1 if len(album) > 1 and job.id in album else None
