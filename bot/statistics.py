"""The mathematics of /stats: intervals, percentiles, and how a stretch of time is divided."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import sqrt

Z_95 = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations of its mean."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MAX_BARS = 45
"""A chart on a phone has no room for more."""


class Period(StrEnum):
    """How far back /stats looks. The values are in buttons, so they never change."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    ALL = "all"


class Step(StrEnum):
    """What one bar of a chart stands for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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


def divided(period: Period, now: datetime, first: datetime) -> tuple[Step, list[datetime]]:
    """The steps of a period: full hours, days, weeks or months of UTC, the last one unfinished.

    Args:
        now: timezone-aware.
        first: when anything happened first; that is where `Period.ALL` begins.

    Returns:
        What a step is, and the moments between steps: one more than there are steps, the first
        where the period begins, the last after `now`.
    """
    now, first = now.astimezone(UTC), min(first, now).astimezone(UTC)
    midnight = _midnight(now)
    if period is Period.DAY:
        hour = now.replace(minute=0, second=0, microsecond=0)
        return Step.HOUR, _moments(hour - 23 * HOUR, now, HOUR)
    if period is Period.WEEK:
        return Step.DAY, _moments(midnight - 6 * DAY, now, DAY)
    if period is Period.MONTH:
        return Step.DAY, _moments(midnight - 29 * DAY, now, DAY)
    day = _midnight(first)
    if now - day < MAX_BARS * DAY:
        return Step.DAY, _moments(day, now, DAY)
    monday = day - day.weekday() * DAY
    if now - monday < MAX_BARS * WEEK:
        return Step.WEEK, _moments(monday, now, WEEK)
    month = day.replace(day=1)
    months = [month]
    while months[-1] <= now:
        months.append(_next_month(months[-1]))
    return Step.MONTH, months


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _next_month(month: datetime) -> datetime:
    return (month + 31 * DAY).replace(day=1)


def _moments(begin: datetime, now: datetime, step: timedelta) -> list[datetime]:
    return [begin + step * number for number in range((now - begin) // step + 2)]
