"""People take turns: everybody's first photo comes before anybody's second.

So one person's hundred photos never make another's single photo wait for all of them. Among photos
of the same turn the oldest comes first, and so do those of one person.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import QUEUED, RUNNING, Job, utc_now


def in_turn(due: ColumnElement[bool]) -> Select[Job]:
    """The jobs that are due, in the order in which they are to be claimed."""
    ranked = select(Job.id, _turn()).where(due).subquery()
    return select(Job).join(ranked, ranked.c.id == Job.id).order_by(ranked.c.turn, Job.id)


async def places_of(session: AsyncSession, job_ids: Collection[int]) -> dict[int, int]:
    """The places, from 1, of jobs in the queue for captions; of those that are not in it, 1.

    What was put off is before nobody.
    """
    waiting = and_(
        Job.state.in_((QUEUED, RUNNING)), or_(Job.run_after <= utc_now(), Job.id.in_(job_ids))
    )
    ranked = select(Job.id, _turn()).where(waiting).subquery()
    order = (ranked.c.turn, ranked.c.id)
    numbered = select(ranked.c.id, func.row_number().over(order_by=order).label("place")).subquery()
    rows = await session.execute(
        select(numbered.c.id, numbered.c.place).where(numbered.c.id.in_(job_ids))
    )
    return dict.fromkeys(job_ids, 1) | {row.id: row.place for row in rows}


def _turn() -> ColumnElement[int]:
    return func.row_number().over(partition_by=Job.user_id, order_by=Job.id).label("turn")
