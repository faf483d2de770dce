"""Once a day the administrators are sent what happened in the last 24 hours, if they want it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

logger = logging.getLogger(__name__)

STEP_SECONDS = 60.0

Send = Callable[[int], Awaitable[object]]
"""Sends the digest to one person, by their id."""


class DailyDigest:
    """Calls `send` for each of `admin_ids` when it is `hour` o'clock in UTC; never for None.

    A digest is about the day before the moment it is sent, so one that was missed because the bot
    did not run then is not sent later.
    """

    def __init__(self, hour: int | None, admin_ids: Iterable[int], send: Send) -> None:
        self._hour = hour
        self._admin_ids = sorted(admin_ids)
        self._send = send
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._hour is not None:
            self._task = asyncio.create_task(self._run(self._hour))

    async def stop(self) -> None:
        """Stop at once."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def send_all(self) -> None:
        """Send it to everyone; one who cannot be reached keeps nobody else from getting it."""
        for admin_id in self._admin_ids:
            try:
                await self._send(admin_id)
            except Exception:
                logger.exception("The daily digest could not be sent to %d", admin_id)

    async def _run(self, hour: int) -> None:
        due = next_moment(datetime.now(UTC), hour)
        while True:
            # In small steps: a computer that is suspended stops the clock of a long sleep.
            if (left := (due - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(min(left, STEP_SECONDS))
                continue
            await self.send_all()
            due = next_moment(max(due, datetime.now(UTC)), hour)


def next_moment(now: datetime, hour: int) -> datetime:
    """When it is next `hour` o'clock in UTC, later than `now`."""
    today = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
