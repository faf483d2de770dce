"""Whether the database can be used: it may be locked or full for a while, or restarting.

Whoever meets that gets one kind of error, whichever database it is, and may try again; it is said
once in the log, not by everyone who tries.
"""

import asyncio
import errno
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.storage import postgresql

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0
"""So many seconds after a failed write the next one is tried; until then they fail at once, lest
each of many waits for the lock in vain."""

SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)
POSTGRESQL_PASSING = ("08", "28", "3D", "42501", "53", "57", "58", "25006", "40", "55P03")
"""What SQLSTATE begins with: no connection, a user who is refused, no such database, a missing
right (all of which an administrator can mend while the bot waits), no resources, an operator at
work, the system failing, a server that only reads, a conflict, a lock."""
SYSTEM_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


class DatabaseUnavailableError(Exception):
    """The database cannot be used now; the text says why. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the database from being used, as the first who met it heard."""

    since: datetime
    cause: str


class Availability:
    """What the last attempts to use one database have shown."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self._met_by_reader = False
        self._pause = FIRST_PAUSE
        self._next_write = 0.0
        self._over = asyncio.Event()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For the duration of a reading session.

        Raises:
            DatabaseUnavailableError: it failed for a reason that passes.
        """
        with self._watched(reading=True):
            yield
        if self._met_by_reader:
            self._end()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The same for a writing session, its commit included."""
        if self.trouble is not None and time.monotonic() < self._next_write:
            raise DatabaseUnavailableError(self.trouble.cause)
        with self._watched(reading=False):
            yield
        self._end()

    async def wait(self, seconds: float) -> None:
        """Sleep so long, or until a present trouble is over."""
        if self.trouble is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    @contextmanager
    def _watched(self, *, reading: bool) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            cause = _passing_cause(error)
            if cause is None:
                raise
            self._begin(cause, reading=reading)
            raise DatabaseUnavailableError(cause) from error

    def _begin(self, cause: str, *, reading: bool) -> None:
        if self.trouble is None:
            self.trouble = Trouble(datetime.now(UTC), cause)
            self._met_by_reader, self._pause = reading, FIRST_PAUSE
            self._over.clear()
            logger.warning("The database cannot be used (%s); what is to be stored waits", cause)
        else:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._next_write = time.monotonic() + self._pause

    def _end(self) -> None:
        if self.trouble is not None:
            seconds = (datetime.now(UTC) - self.trouble.since).total_seconds()
            logger.warning("The database can be used again, after %.0f s", seconds)
        self.trouble, self._met_by_reader = None, False
        self._over.set()


def _passing_cause(error: Exception) -> str | None:
    """Why the database cannot be used for a while; None when an error means something else."""
    if isinstance(error, PoolTimeoutError):
        return "all connections are in use"
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # The extended codes have more bits.
        passing = (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in SQLITE_PASSING
    elif isinstance(error, DBAPIError) and error.connection_invalidated:
        passing = True
    elif isinstance(error, DBAPIError) or postgresql.sqlstate(error):
        passing = postgresql.sqlstate(error).startswith(POSTGRESQL_PASSING)
    else:
        # Of the last kind are statements that the network has swallowed.
        passing = isinstance(cause, ConnectionError | TimeoutError) or (
            isinstance(cause, OSError) and cause.errno in SYSTEM_PASSING
        )
    return postgresql.cause_of(error) if passing else None
