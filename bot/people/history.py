"""What a person has sent and what the models said: one page for each photo, the newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select

from bot.queue.answers import ShownCaption, load_answer
from bot.storage import Database
from bot.storage.tables import ANSWER, Answer, Correction, Job, Photo


@dataclass(frozen=True, slots=True)
class Page:
    """A photo with its captions, and the way to the pages beside it."""

    job_id: int
    number: int
    """Of the page, from 1, which is the newest photo's."""
    total: int
    newer: int | None
    """The job of the page before; None on the first."""
    older: int | None
    """The job of the page after; None on the last."""
    file_id: str
    received_at: datetime
    captions: tuple[ShownCaption, ...]
    """With the person's ratings."""
    correction: str | None
    """The caption that the person wrote."""


class History:
    """Reads people's own captions, those of photos in groups too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user_id: int, job_id: int | None = None) -> Page | None:
        """The page about a job, by default the newest; None when nothing is stored.

        In place of a job that was deleted, or whose photo was sent again since, it is the next
        older one, or the oldest of all.
        """
        async with self._database.read() as session:
            jobs = list(await session.scalars(_newest_first(user_id)))
            if not jobs:
                return None
            index = 0
            if job_id is not None:
                index = next((i for i, found in enumerate(jobs) if found <= job_id), len(jobs) - 1)
            job = await session.get_one(Job, jobs[index])
            photo = await session.get_one(Photo, job.photo_id)
            answer = await load_answer(session, job.id, user_id)
            own = select(Correction.text).where(
                Correction.user_id == user_id, Correction.photo_id == photo.id
            )
            return Page(
                job_id=job.id,
                number=index + 1,
                total=len(jobs),
                newer=jobs[index - 1] if index > 0 else None,
                older=jobs[index + 1] if index + 1 < len(jobs) else None,
                file_id=photo.file_id,
                received_at=job.received_at,
                captions=answer.captions if answer is not None else (),
                correction=await session.scalar(own),
            )


def _newest_first(user_id: int) -> Select[int]:
    """The last job of each photo that a person sent and that has captions."""
    last = func.max(Job.id)
    captioned = exists().where(Answer.job_id == Job.id)
    return (
        select(last)
        .where(Job.user_id == user_id, Job.purpose == ANSWER, captioned)
        .group_by(Job.photo_id)
        .order_by(last.desc())
    )
