"""What tests of corrections look at."""

from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import Correction


async def stored(database: Database) -> list[tuple[int, str]]:
    """Whose corrections there are, and what they say."""
    async with database.read() as session:
        rows = await session.execute(select(Correction.user_id, Correction.text))
        return [(user_id, text) for user_id, text in rows]
