"""What people hear of photos beyond the limits: once for a burst of them, with its numbers."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from aiogram.types import Message

from bot.queue.jobs import Refusal
from bot.telegram.outbox import Outbox
from bot.texts.access import limit_text, waiting_text

QUIET_SECONDS = 1.5
"""A burst is over when no photo has come for so long; a bot that stops waits longer."""
MOST_SECONDS = 30.0
"""Whoever goes on for longer hears of the first photos."""


@dataclass(slots=True)
class _Burst:
    first: Message
    message_ids: set[int] = field(default_factory=set)
    """A set, since an update may come again."""
    newest: float = 0.0
    text: str = ""


class LimitNotices:
    """Tells people of photos that wait for a later minute, and of those that were refused."""

    def __init__(
        self, outbox: Outbox, quiet: float = QUIET_SECONDS, most: float = MOST_SECONDS
    ) -> None:
        self._outbox = outbox
        self._quiet = quiet
        self._most = most
        self._bursts: dict[tuple[int, int, str], _Burst] = {}

    def waits(self, message: Message, asker_id: int, per_minute: int, wait: timedelta) -> None:
        """A photo was accepted, and is begun only after `wait`."""
        burst = self._add("waits", message, asker_id)
        burst.text = waiting_text(len(burst.message_ids), per_minute, wait)

    def refused(self, message: Message, asker_id: int, refusal: Refusal) -> None:
        """A photo was not accepted."""
        burst = self._add(refusal.period, message, asker_id)
        burst.text = limit_text(refusal, len(burst.message_ids))

    def _add(self, kind: str, message: Message, asker_id: int) -> _Burst:
        """The burst that the photo in a message belongs to, this one counted."""
        key = (message.chat.id, asker_id, kind)
        burst = self._bursts.get(key)
        if burst is None:
            burst = self._bursts[key] = _Burst(message)
            self._outbox.send(lambda: self._tell(key), key=("limit", *key))
        burst.message_ids.add(message.message_id)
        burst.newest = asyncio.get_running_loop().time()
        return burst

    async def _tell(self, key: tuple[int, int, str]) -> None:
        clock = asyncio.get_running_loop().time
        burst = self._bursts[key]
        end = clock() + self._most
        while True:
            left = min(burst.newest + self._quiet, end) - clock()
            if left <= 0:
                break
            await asyncio.sleep(left)
        # What comes from here on is a burst of its own.
        del self._bursts[key]
        await burst.first.reply(burst.text)
