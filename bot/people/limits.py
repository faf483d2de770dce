"""Fair use: how many photos a person may send in a minute and in a day (UTC).

What is more than a minute's photos waits for one of the next minutes; what is more than a day's is
refused. Photos are counted in the transaction that accepts them, wherever they come from, so that
private chats and groups count together and an update that comes again counts nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.people.notices import end_of_day
from bot.queue.jobs import AT_ONCE, Refusal, Turn
from bot.storage.tables import Usage, utc_now

Period = Literal["minute", "day"]

MINUTE = timedelta(minutes=1)
MINUTES_AHEAD = 10
"""A photo waits for so many minutes at most; one that would wait longer is refused."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may send; None or 0 photos stands for no limit, `exempt` ids have none."""

    per_minute: int | None = None
    per_day: int | None = None
    exempt: frozenset[int] = frozenset()

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
        today = None
        if self.per_day:
            today = await _usage_of(session, user_id, window("day", moment))
            if today.photos >= self.per_day:
                return Refusal("day", self.per_day, end_of_day(moment) - moment)
        turn: Turn | Refusal = AT_ONCE
        if self.per_minute:
            turn = await self._next_minute(session, user_id, moment)
        if today is not None and isinstance(turn, Turn):
            today.photos += 1
        return turn

    async def _next_minute(
        self, session: AsyncSession, user_id: int, moment: datetime
    ) -> Turn | Refusal:
        """Count the photo in the first minute that has room for it."""
        limit = self.per_minute or 0
        this_minute = moment.replace(second=0, microsecond=0)
        for ahead in range(MINUTES_AHEAD + 1):
            begin = this_minute + ahead * MINUTE
            usage = await _usage_of(session, user_id, window("minute", begin))
            if usage.photos < limit:
                usage.photos += 1
                return Turn(max(begin - moment, timedelta(0)), limit)
        return Refusal("minute", limit, this_minute + MINUTE - moment)


async def _usage_of(session: AsyncSession, user_id: int, name: str) -> Usage:
    """The row of a person and a stretch of time; a new one when there is none yet."""
    usage = await session.get(Usage, (user_id, name), with_for_update=True)
    if usage is None:
        usage = Usage(user_id=user_id, window=name, photos=0)
        session.add(usage)
    return usage


def window(period: Period, moment: datetime) -> str:
    """The name of the minute or day of a moment in UTC; names sort as the moments do."""
    return moment.strftime("%Y-%m-%d" if period == "day" else "%Y-%m-%dT%H:%M")
