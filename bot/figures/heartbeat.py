"""A file whose age tells, from outside, whether the bot does its work."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.tables import Job

logger = logging.getLogger(__name__)

FILE = "bot.alive"
EVERY_SECONDS = 15.0
POLL_SECONDS = 90.0
"""Telegram answers a poll within ten seconds, be it with nothing."""
TROUBLE = timedelta(minutes=2)
"""A database that cannot be written for longer is not only locked for a moment."""


class Heartbeat:
    """Touches the file as long as updates come, the worker works and the database can be used."""

    def __init__(
        self,
        path: Path,
        database: Database,
        is_working: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        *,
        polls: bool = True,
    ) -> None:
        """Without `polls`, updates are brought, and their absence says nothing."""
        self._path = path
        self._database = database
        self._is_working = is_working
        self._clock = clock
        self._polls = polls
        self._polled_at: float | None = None

    def polled(self) -> None:
        """Telegram has answered a poll for updates."""
        self._polled_at = self._clock()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            if await self.is_well():
                # Where it cannot be touched it grows old, which says enough.
                with suppress(OSError):
                    await asyncio.to_thread(self._path.touch, 0o600)
            await asyncio.sleep(EVERY_SECONDS)

    async def is_well(self) -> bool:
        """Whether the bot can do what it is there for."""
        if self._polls and not self._is_polled():
            return False
        if not self._is_working():
            return False
        trouble = self._database.availability.trouble
        if trouble is not None and datetime.now(UTC) - trouble.since > TROUBLE:
            return False
        try:
            async with self._database.read() as session:
                await session.scalar(select(Job.id).limit(1))
        except DatabaseUnavailableError:
            return False
        except Exception:
            logger.exception("The database could not be asked")
            return False
        return True

    def _is_polled(self) -> bool:
        return self._polled_at is not None and self._clock() - self._polled_at <= POLL_SECONDS
