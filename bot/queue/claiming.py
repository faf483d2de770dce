"""Transactions that claim jobs, whose commit may come to pass without anyone hearing of it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue import transitions
from bot.queue.steps import Claim
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError

_CLAIMED = "claimed"


class Claiming:
    """Begins transactions of one worker in which it claims jobs.

    A connection may break after the server has committed and before it said so: what was claimed
    then is freed before more is claimed. Else nobody would work on it until the leases run out.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_doubt: set[Claim] = set()

    @property
    def is_in_doubt(self) -> bool:
        """Whether there are claims to be freed."""
        return bool(self._in_doubt)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A writing session whose claims are passed to `note_claimed`.

        Raises:
            DatabaseUnavailableError: the claims are nobody's.
        """
        if self._in_doubt:
            async with self._database.write() as session:
                await transitions.free_claims(session, self._in_doubt)
            self._in_doubt.clear()
        claimed: set[Claim] = set()
        try:
            async with self._database.write() as session:
                session.info[_CLAIMED] = claimed
                yield session
        except DatabaseUnavailableError:
            self._in_doubt |= claimed
            raise


def note_claimed(session: AsyncSession, claims: Iterable[Claim]) -> None:
    """Remember what is claimed in a session until it is known to be committed."""
    session.info[_CLAIMED].update(claims)
