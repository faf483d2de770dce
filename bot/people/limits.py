"""Fair use: how many photos a person may send in a minute and in a day (UTC).

What is more than a minute's photos waits for one of the next minutes; what is more than a day's is
refused. Photos are counted in the transaction that accepts them, wherever they come from, so that
private chats and groups count together and an update that comes again counts nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.people.notices import end_of_day
from bot.queue.jobs import AT_ONCE, Refusal, Turn
from bot.storage.tables import Usage, utc_now

Period = Literal["minute", "day"]

MINUTE = timedelta(minutes=1)
MINUTES_AHEAD = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may send; None or 0 photos stands for no limit, `exempt` ids have none."""

    per_minute: int | None = None
    per_day: int | None = None
    exempt: frozenset[int] = frozenset()
    minutes_ahead: int = MINUTES_AHEAD
    """Photos may wait for so many of the next minutes; those that would wait longer are refused."""

    async def take(
        self, session: AsyncSession, user_id: int, now: datetime | None = None
    ) -> Turn | Refusal:
        """Count one photo of a person, in the writing transaction that accepts it.

        Returns:
            When it may be begun, or why it cannot be accepted; then nothing was counted.
        """
        if user_id in self.exempt:
            return AT_ONCE
        moment = (now or utc_now()).astimezone(UTC)
        today, this_minute = window("day", moment), window("minute", moment)
        names = [today] * bool(self.per_day) + [this_minute] * bool(self.per_minute)
        usages = await _usages_of(session, user_id, names)
        if self.per_day and usages[today].photos >= self.per_day:
            return Refusal("day", self.per_day, end_of_day(moment) - moment)
        turn: Turn | Refusal = AT_ONCE
        if self.per_minute and usages[this_minute].photos < self.per_minute:
            usages[this_minute].photos += 1
            turn = Turn(per_minute=self.per_minute)
        elif self.per_minute:
            turn = await self._later(session, user_id, moment, self.per_minute)
        if self.per_day and isinstance(turn, Turn):
            usages[today].photos += 1
        return turn

    async def _later(
        self, session: AsyncSession, user_id: int, moment: datetime, limit: int
    ) -> Turn | Refusal:
        """Count the photo in the first of the next minutes that has room for it."""
        this_minute = moment.replace(second=0, microsecond=0)
        begins = {
            window("minute", begin): begin
            for ahead in range(1, self.minutes_ahead + 1)
            for begin in [this_minute + ahead * MINUTE]
        }
        usages = await _usages_of(session, user_id, begins)
        for name, begin in begins.items():
            if usages[name].photos < limit:
                usages[name].photos += 1
                return Turn(begin - moment, limit)
        return Refusal("minute", limit, this_minute + MINUTE - moment)


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
