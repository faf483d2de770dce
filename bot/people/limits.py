"""Fair use: how many photos a person may send in a minute and in a day (UTC).

Photos are counted in the transaction that accepts them, wherever they come from, so that private
chats and groups count together and an update that comes again counts nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.people.notices import Told, end_of_day, tell_once
from bot.queue.jobs import Refusal
from bot.storage.tables import Usage, utc_now

Period = Literal["minute", "day"]
PERIODS: tuple[Period, ...] = ("day", "minute")
"""The longer one first: its refusal says more."""
TOLD: Mapping[Period, Told] = {"day": Told.DAY_LIMIT, "minute": Told.MINUTE_LIMIT}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may send; None or 0 photos stands for no limit, `exempt` ids have none."""

    per_minute: int | None = None
    per_day: int | None = None
    exempt: frozenset[int] = frozenset()

    async def take(
        self, session: AsyncSession, user_id: int, now: datetime | None = None
    ) -> Refusal | None:
        """Count one photo of a person, in the writing transaction that accepts it.

        Returns:
            None, or why the photo cannot be accepted; then nothing was counted.
        """
        if user_id in self.exempt:
            return None
        moment = (now or utc_now()).astimezone(UTC)
        limits = {"day": self.per_day, "minute": self.per_minute}
        names = {period: window(period, moment) for period in PERIODS if limits[period]}
        usages = await _usages_of(session, user_id, names.values())
        counted = []
        for period, name in names.items():
            limit, usage = limits[period] or 0, usages[name]
            if usage.photos >= limit:
                end = _end(period, moment)
                is_first = await tell_once(session, user_id, TOLD[period], end)
                return Refusal(period, limit, end - moment, is_first)
            counted.append(usage)
        for usage in counted:
            usage.photos += 1
        return None


async def _usages_of(
    session: AsyncSession, user_id: int, names: Collection[str]
) -> dict[str, Usage]:
    """The rows of a person and stretches of time by their names; new ones where there are none."""
    if not names:
        return {}
    found = await session.scalars(
        select(Usage).where(Usage.user_id == user_id, Usage.window.in_(names)).with_for_update()
    )
    usages = {usage.window: usage for usage in found}
    for name in set(names) - usages.keys():
        usages[name] = Usage(user_id=user_id, window=name, photos=0)
        session.add(usages[name])
    return usages


def window(period: Period, moment: datetime) -> str:
    """The name of the minute or day of a moment in UTC; names sort as the moments do."""
    return moment.strftime("%Y-%m-%d" if period == "day" else "%Y-%m-%dT%H:%M")


def _end(period: Period, moment: datetime) -> datetime:
    if period == "minute":
        return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return end_of_day(moment)
