"""How the bot is doing, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt

from sqlalchemy import ColumnElement, Executable, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.storage import Database
from bot.storage.tables import FAILED, QUEUED, RUNNING, Answer, Caption, Job, Rating, User
from captioning import MODELS

Z_95 = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations of its mean."""
WEEK = timedelta(days=7)
MAX_LATENCIES = 10_000
"""Percentiles come from at most so many of the latest answers."""

DateColumn = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many since midnight (UTC), in the last 7 times 24 hours, and in all."""

    today: int
    week: int
    total: int


@dataclass(frozen=True, slots=True)
class ModelRatings:
    """The ratings of one model's captions."""

    model: str
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


@dataclass(frozen=True, slots=True)
class Summary:
    """All of /stats."""

    users: Counts
    photos: Counts
    captions: Counts
    ratings: tuple[ModelRatings, ...]
    latency: Latency | None
    """Over 7 days; None when nothing was answered in them."""
    queue_length: int
    failures: dict[str, Counts]
    """By reason, the most frequent first."""


def wilson_interval(successes: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval for the probability behind `successes` out of `total`.

    Unlike the textbook interval it stays within 0 and 1 and makes sense for a handful of
    ratings. Nothing observed says nothing: (0, 1).

    Raises:
        ValueError: `successes` is not between 0 and `total`.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} successes out of {total} are impossible.")
    if total == 0:
        return 0.0, 1.0
    share = successes / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of `values` that is at least as large as `percent` % of them.

    Raises:
        ValueError: there are no values, or `percent` is not 1 to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError("A percentile needs values, and a percentage of 1 to 100.")
    rank = -(-percent * len(values) // 100)  # nearest rank, rounded up in whole numbers
    return sorted(values)[rank - 1]


class Stats:
    """Counts what is in a database. People who had themselves forgotten are in no count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def summary(self, now: datetime | None = None) -> Summary:
        """Everything at once, as of `now` (timezone-aware; this moment when not given)."""
        moment = (now or datetime.now(UTC)).astimezone(UTC)
        async with self._database.read() as session:
            return Summary(
                users=await _counts(session, select(*_by_period(User.last_seen_at, moment))),
                photos=await _counts(session, select(*_by_period(Job.received_at, moment))),
                captions=await _counts(
                    session, select(*_by_period(Job.finished_at, moment)).join(Answer)
                ),
                ratings=await _ratings(session),
                latency=await _latency(session, moment - WEEK),
                queue_length=await _queue_length(session),
                failures=await _failures(session, moment),
            )


def _by_period(column: DateColumn, moment: datetime) -> list[ColumnElement[int]]:
    """How many rows have `column` today, within a week before `moment`, and at all."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        func.count(case((column >= midnight, 1))),
        func.count(case((column >= moment - WEEK, 1))),
        func.count(column),
    ]


async def _counts(session: AsyncSession, query: Executable) -> Counts:
    today, week, total = (await session.execute(query)).one()
    return Counts(today, week, total)


async def _ratings(session: AsyncSession) -> tuple[ModelRatings, ...]:
    rows = await session.execute(
        select(
            Caption.model,
            func.count(case((Rating.value > 0, 1))),
            func.count(case((Rating.value < 0, 1))),
        )
        .join(Rating)
        .group_by(Caption.model)
    )
    rated = {model: ModelRatings(model, up, down) for model, up, down in rows}
    current = [rated.pop(name, ModelRatings(name, 0, 0)) for name in MODELS]
    return (*current, *rated.values())


async def _latency(session: AsyncSession, since: datetime) -> Latency | None:
    rows = await session.execute(
        select(Job.received_at, Job.finished_at)
        .where(Job.finished_at >= since, Job.failure.is_(None))
        .order_by(Job.finished_at.desc())
        .limit(MAX_LATENCIES)
    )
    seconds = [(done - received).total_seconds() for received, done in rows if done is not None]
    if not seconds:
        return None
    return Latency(percentile(seconds, 50), percentile(seconds, 95))


async def _queue_length(session: AsyncSession) -> int:
    waiting = select(func.count()).where(Job.state.in_((QUEUED, RUNNING)))
    return (await session.execute(waiting)).scalar_one()


async def _failures(session: AsyncSession, moment: datetime) -> dict[str, Counts]:
    # A job that is kept has been received at some time, so the last count is of all of them.
    counts = _by_period(Job.received_at, moment)
    rows = await session.execute(
        select(Job.failure, *counts)
        .where(Job.state == FAILED)
        .group_by(Job.failure)
        .order_by(counts[-1].desc(), Job.failure)
    )
    return {reason or "unknown": Counts(*numbers) for reason, *numbers in rows}
