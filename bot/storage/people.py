"""The rows of people. Only here does a person come into the database, or get their language.

It lies this deep because every room meets people it does not know yet: in a group anyone may rate,
write a caption or ask for one.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import User, utc_now

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a person was last seen."""


async def ensure_person(session: AsyncSession, user_id: int) -> User:
    """The row of a person; a new one when there is none yet, which others may refer to at once."""
    user = await session.get(User, user_id)
    if user is None:
        user = User(id=user_id)
        session.add(user)
        await session.flush()
    return user


async def load_people(session: AsyncSession, user_ids: Collection[int]) -> None:
    """Have people at hand in a session, so that none of them is looked up alone."""
    found = await session.scalars(select(User).where(User.id.in_(user_ids)))
    session.info["people"] = found.all()  # a session forgets what nobody holds


async def note_presence(session: AsyncSession, user_id: int, language_code: str | None) -> None:
    """Make sure that a person exists, and note that they are here now.

    `language_code` is what Telegram says of them. Who is here has not blocked the bot. When they
    were last seen is known to SEEN_EVERY, which spares a write for each of many photos.
    """
    user = await ensure_person(session, user_id)
    user.language_code = language_code
    user.blocked_at = None
    now = utc_now()
    if now - user.last_seen_at >= SEEN_EVERY:
        user.last_seen_at = now


def language_to_speak(chosen: str | None, language_code: str | None) -> str | None:
    """The code of the language to speak to somebody: the one they chose, else their Telegram's."""
    return chosen or language_code


async def language_of(session: AsyncSession, user_id: int) -> str | None:
    """The code of the language to speak to a person; None when nothing is known."""
    user = await session.get(User, user_id)
    return language_to_speak(user.language, user.language_code) if user is not None else None
