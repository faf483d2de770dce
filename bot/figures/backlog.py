"""What waits now, cheap enough to be asked every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from bot.storage import Database
from bot.storage.tables import CAPTIONED, QUEUED, RUNNING, SENDING, Job

UNFINISHED = (QUEUED, RUNNING, CAPTIONED, SENDING)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The jobs that are not finished."""

    jobs: Mapping[str, int]
    """How many are in each state of UNFINISHED."""
    oldest_wait: timedelta
    """How long the photo has waited that has waited longest; zero when none waits."""


async def backlog(database: Database, now: datetime | None = None) -> Backlog:
    """What waits `now` (timezone-aware; by default this moment).

    Raises:
        DatabaseUnavailableError: nobody can tell.
    """
    moment = now or datetime.now(UTC)
    query = (
        select(Job.state, func.count(), func.min(Job.received_at))
        .where(Job.state.in_(UNFINISHED))
        .group_by(Job.state)
    )
    async with database.read() as session:
        rows = (await session.execute(query)).all()
    jobs = {**dict.fromkeys(UNFINISHED, 0), **{state: number for state, number, _ in rows}}
    oldest = min((received for _, _, received in rows), default=moment)
    return Backlog(jobs, max(moment - oldest, timedelta(0)))
