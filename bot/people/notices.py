"""What somebody is told once and then not again for a while, whatever restarts in between."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import Notice


class Told(StrEnum):
    """What there is to be told once; the values are stored."""

    REFUSAL = "refusal"
    """That the bot does not serve this person."""
    DIGEST = "digest"
    """An administrator's statistics of the day."""


async def was_told(session: AsyncSession, user_id: int, what: Told, until: datetime) -> bool:
    """Whether a person was told something that need not be said again before `until`."""
    notice = await session.get(Notice, (user_id, what))
    return notice is not None and notice.until >= until


async def tell_once(session: AsyncSession, user_id: int, what: Told, until: datetime) -> bool:
    """Whether to tell a person something now; if so, not again in the time that ends at `until`.

    Call it in a writing transaction.
    """
    notice = await session.get(Notice, (user_id, what), with_for_update=True)
    if notice is None:
        session.add(Notice(user_id=user_id, what=what, until=until))
        return True
    if notice.until >= until:
        return False
    notice.until = until
    return True


def end_of_day(moment: datetime) -> datetime:
    """The midnight (UTC) that ends the day of a moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)
