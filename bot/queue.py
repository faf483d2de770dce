"""How many photos are before one, and how long that takes."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import QUEUED, RUNNING, Caption, Job

RECENT = 40
"""So many of the last captions tell how long one takes now."""


async def place_of(session: AsyncSession, job: Job) -> int:
    """The place of a job in the queue, from 1."""
    before = select(func.count()).where(Job.state.in_((QUEUED, RUNNING)), Job.id <= job.id)
    return (await session.execute(before)).scalar_one()


async def waiting_time(session: AsyncSession, place: int) -> timedelta | None:
    """How long it takes until the photo at a place has its captions; None while nobody knows.

    The models work at the same time, each on one batch after the other: the slowest counts.
    """
    recent = select(Caption.model, Caption.latency_ms).order_by(Caption.id.desc()).limit(RECENT)
    by_model: dict[str, list[float]] = {}
    for model, latency in await session.execute(recent):
        by_model.setdefault(model, []).append(latency)
    if not by_model:
        return None
    slowest = max(sum(latencies) / len(latencies) for latencies in by_model.values())
    return timedelta(milliseconds=place * slowest)
