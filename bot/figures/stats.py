"""How the bot is doing, in numbers."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import Executable, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.figures.estimates import percentile, wilson_interval
from bot.figures.periods import Period, Step, divided
from bot.storage import Database
from bot.storage.tables import (
    FAILED,
    QUEUED,
    RUNNING,
    Answer,
    Caption,
    Correction,
    Job,
    Rating,
    User,
)
from captioning import MODELS

MAX_LATENCIES = 20_000
"""Percentiles come from at most about so many answers, spread evenly over the period."""


_IS_PERSON = User.id > 0
"""Groups and channels, which ask as such, have negative ids."""


@dataclass(frozen=True, slots=True)
class VersionRatings:
    """The ratings of one version of one model."""

    model: str
    version: str
    up: int
    down: int

    @property
    def total(self) -> int:
        return self.up + self.down

    @property
    def share(self) -> float:
        """The share of 👍, 0 to 1; 0 without ratings."""
        return self.up / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the share."""
        return wilson_interval(self.up, self.total)


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from receiving a photo to its captions in the chat: median and 95th percentile."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency | None":
        """None without any answers."""
        return cls(percentile(seconds, 50), percentile(seconds, 95)) if seconds else None


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened in one step of a period."""

    begin: datetime
    photos: int
    latency: Latency | None


@dataclass(frozen=True, slots=True)
class Report:
    """All of /stats. Photos count when they were received, and so do their answers."""

    period: Period
    since: datetime
    """A full hour or midnight of UTC."""
    step: Step
    bars: tuple[Bar, ...]
    """One per step, the oldest first; the last step is not over."""
    active_people: int
    """Who have written or pressed something."""
    new_people: int
    photos: int
    captions: int
    corrections: int
    ratings: tuple[VersionRatings, ...]
    """By model, the version that was rated last first."""
    latency: Latency | None
    """None when nothing was answered."""
    queue_length: int
    """Photos that wait now."""
    failures: dict[str, int]
    """By code of `bot.queue.failures`, the most frequent first."""


class Stats:
    """Counts what is in a database. People who had themselves forgotten are in no count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, period: Period, now: datetime | None = None) -> Report:
        """Everything about a period that ends `now` (timezone-aware; by default this moment)."""
        moment = (now or datetime.now(UTC)).astimezone(UTC)
        async with self._database.read(long=True) as session:
            first = await session.scalar(select(func.min(Job.received_at))) or moment
            step, moments = divided(period, moment, first)
            # Somebody may have come before the first photo.
            since = datetime.min.replace(tzinfo=UTC) if period is Period.ALL else moments[0]
            counts = await _photos(session, moments)
            latencies = await _latencies(session, moments)
            return Report(
                period=period,
                since=moments[0],
                step=step,
                bars=tuple(
                    Bar(begin, photos, Latency.of(seconds))
                    for begin, photos, seconds in zip(moments, counts, latencies, strict=False)
                ),
                active_people=await _count(
                    session, select(func.count()).where(_IS_PERSON, User.last_seen_at >= since)
                ),
                new_people=await _count(
                    session, select(func.count()).where(_IS_PERSON, User.created_at >= since)
                ),
                photos=sum(counts),
                captions=await _count(
                    session,
                    select(func.count()).join_from(Answer, Job).where(Job.received_at >= since),
                ),
                corrections=await _count(
                    session, select(func.count()).where(Correction.updated_at >= since)
                ),
                ratings=await _ratings(session, since),
                latency=Latency.of([second for seconds in latencies for second in seconds]),
                queue_length=await _count(
                    session, select(func.count()).where(Job.state.in_((QUEUED, RUNNING)))
                ),
                failures=await _failures(session, since),
            )


async def _count(session: AsyncSession, query: Executable) -> int:
    return int(await session.scalar(query) or 0)


async def _photos(session: AsyncSession, moments: Sequence[datetime]) -> list[int]:
    """How many photos were received between each moment and the next."""
    steps = [
        func.count(case((and_(Job.received_at >= begin, Job.received_at < end), 1)))
        for begin, end in pairwise(moments)
    ]
    query = select(*steps).where(Job.received_at >= moments[0])
    return list((await session.execute(query)).one())


async def _latencies(session: AsyncSession, moments: Sequence[datetime]) -> list[list[float]]:
    """Seconds to the answers of the photos received between each moment and the next."""
    answered = and_(
        Job.received_at >= moments[0], Job.finished_at.is_not(None), Job.failure.is_(None)
    )
    total = await _count(session, select(func.count()).where(answered))
    # Ids are given in order, so every n-th is a fair sample of each step.
    every = -(-total // MAX_LATENCIES) or 1
    rows = await session.execute(
        select(Job.received_at, Job.finished_at).where(answered, Job.id % every == 0)
    )
    latencies: list[list[float]] = [[] for _ in moments[1:]]
    for received, finished in rows:
        step = bisect_right(moments, received) - 1
        if finished is not None and step < len(latencies):
            latencies[step].append((finished - received).total_seconds())
    return latencies


async def _ratings(session: AsyncSession, since: datetime) -> tuple[VersionRatings, ...]:
    rows = await session.execute(
        select(
            Caption.model,
            Caption.version,
            func.count(case((Rating.value > 0, 1))),
            func.count(case((Rating.value < 0, 1))),
        )
        .join(Rating)
        .where(Rating.updated_at >= since)
        .group_by(Caption.model, Caption.version)
        .order_by(func.max(Rating.updated_at).desc(), Caption.version)
    )
    order = list(MODELS)
    found = [VersionRatings(*row) for row in rows]
    # Models that no longer exist come last.
    return tuple(
        sorted(found, key=lambda it: order.index(it.model) if it.model in order else len(order))
    )


async def _failures(session: AsyncSession, since: datetime) -> dict[str, int]:
    count = func.count()
    rows = await session.execute(
        select(Job.failure, count)
        .where(Job.state == FAILED, Job.received_at >= since)
        .group_by(Job.failure)
        .order_by(count.desc(), Job.failure)
    )
    return {reason: number for reason, number in rows if reason is not None}
