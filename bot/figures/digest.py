"""Once a day the administrators are sent what happened in the last 24 hours, if they want it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.people.notices import Told, end_of_day, tell_once, was_told
from bot.storage import Database

logger = logging.getLogger(__name__)

STEP_SECONDS = 60.0
GRACE_SECONDS = 5.0
"""How long stopping waits for a digest on its way, which the next start would send again."""

Send = Callable[[int], Awaitable[object]]
"""Sends the digest to one person, by their id."""


class DailyDigest:
    """Calls `send` for each of `admin_ids` when it is `hour` o'clock in UTC; never for None.

    The database knows who has had theirs, so that one which was due while the bot did not run is
    sent at its start, and none twice.
    """

    def __init__(
        self, database: Database, hour: int | None, admin_ids: Iterable[int], send: Send
    ) -> None:
        self._database = database
        self._hour = hour
        self._admin_ids = sorted(admin_ids)
        self._send = send
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._hour is not None:
            self._task = asyncio.create_task(self._run(self._hour))

    async def stop(self) -> None:
        """Stop at once, or when the digest that is being sent has arrived."""
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await self._sending.acquire()
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def send_due(self, following: datetime) -> None:
        """Send it to everyone who has not had it; `following` is when the one after it is due.

        One who cannot be reached keeps nobody else from getting it.
        """
        # To the end of that day: another hour in the settings makes it no second one today.
        until = end_of_day(following)
        for admin_id in self._admin_ids:
            async with self._sending:
                try:
                    if not await self._was_sent(admin_id, until):
                        await self._send(admin_id)
                        await self._mark(admin_id, until)
                except Exception:
                    logger.exception("The daily digest could not be sent to %d", admin_id)

    async def _run(self, hour: int) -> None:
        handled = None
        while True:
            following = next_moment(datetime.now(UTC), hour)
            if following != handled:
                await self.send_due(following)
                handled = following
            # In small steps: a computer that is suspended stops the clock of a long sleep.
            left = (following - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(min(max(left, 0), STEP_SECONDS))

    async def _was_sent(self, admin_id: int, until: datetime) -> bool:
        async with self._database.read() as session:
            return await was_told(session, admin_id, Told.DIGEST, until)

    async def _mark(self, admin_id: int, until: datetime) -> None:
        async with self._database.write() as session:
            await tell_once(session, admin_id, Told.DIGEST, until)


def next_moment(now: datetime, hour: int) -> datetime:
    """When it is next `hour` o'clock in UTC, later than `now`."""
    today = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
