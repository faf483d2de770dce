"""The periods of /stats, and the steps that they are divided into."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

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
