"""Albums: several photos sent together get one answer.

Telegram sends each photo of an album as an update of its own and never says how many there are.
The job of the first to arrive leads: it alone has a placeholder, and its answer shows all photos
once no other has come for a moment and all have their outcome. Whatever comes later opens that
answer again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.storage.tables import DONE, FAILED, QUEUED, RUNNING, Job, utc_now

GATHERING = timedelta(seconds=1)
"""After a photo of an album, so much longer is waited for the next one."""

UNFINISHED = (QUEUED, RUNNING)
FINISHED = (DONE, FAILED)


async def join_album(session: AsyncSession, job: Job) -> None:
    """Let a new job follow the one that leads its album, if there is one, or lead it."""
    lead = await session.scalar(
        select(Job)
        .where(
            Job.bot_id == job.bot_id,
            Job.chat_id == job.chat_id,
            Job.media_group_id == job.media_group_id,
            Job.lead_id.is_(None),
            Job.id != job.id,
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    if lead is None or is_closed(lead):
        lead = job
    else:
        job.lead_id = lead.id
    lead.gather_until = utc_now() + GATHERING


async def album_of(session: AsyncSession, job: Job) -> Sequence[Job]:
    """The jobs that the answer to a job's photo shows, in the order of their messages.

    That is the job alone when its photo was not sent in an album. Of a message that was edited,
    only the newest photo is shown.
    """
    if job.media_group_id is None:
        return (job,)
    lead_id = job.lead_id or job.id
    jobs = await session.scalars(
        select(Job)
        .where(or_(Job.id == lead_id, Job.lead_id == lead_id))
        .order_by(Job.message_id, Job.id)
    )
    return tuple({found.message_id: found for found in jobs}.values())


def is_gathered(now: datetime) -> ColumnElement[bool]:
    """Whether a job leads (be it only itself), and nothing more is to come for its answer."""
    follower = aliased(Job)
    waits = (
        select(follower.id)
        .where(follower.lead_id == Job.id, follower.state.in_(UNFINISHED))
        .exists()
    )
    return and_(
        Job.lead_id.is_(None), or_(Job.gather_until.is_(None), Job.gather_until <= now), ~waits
    )


async def followers_in(session: AsyncSession, lead_id: int, state: str) -> Sequence[Job]:
    """The jobs in a state that follow a lead; those that are CAPTIONED it does not show yet."""
    following = select(Job).where(Job.lead_id == lead_id, Job.state == state)
    return tuple(await session.scalars(following))


async def waits_for_followers(session: AsyncSession, lead: Job) -> bool:
    """Whether photos that follow a lead have no outcome yet."""
    unfinished = select(Job.id).where(Job.lead_id == lead.id, Job.state.in_(UNFINISHED))
    return await session.scalar(unfinished.limit(1)) is not None


def is_closed(lead: Job) -> bool:
    """Whether the answer was given in a message that is not known, or could not be given."""
    return lead.state in FINISHED and lead.placeholder_id is None
