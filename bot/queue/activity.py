"""Keeps `typing` alive in the chats whose photos are being captioned."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

LASTS_SECONDS = 4.5
"""Telegram shows it for five seconds."""


class Activity:
    """Calls `show(chat_id)`, which raises nothing, again and again while a chat is worked for.

    There is at most one call per photo, so that each costs three calls together with its
    placeholder and its answer: the more photos somebody sends, the longer `typing` is seen.
    """

    def __init__(self, show: Callable[[int], Awaitable[None]]) -> None:
        self._show = show
        self._photos: Counter[int] = Counter()
        self._calls_left: Counter[int] = Counter()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @contextmanager
    def in_chats(self, photos: Iterable[int]) -> Iterator[None]:
        """Show it meanwhile; `photos` has the chat of each photo that is worked on."""
        counts = Counter(photos)
        self._photos += counts
        self._calls_left += counts
        for chat_id in counts:
            if chat_id not in self._tasks:
                self._tasks[chat_id] = asyncio.create_task(self._keep_alive(chat_id))
        try:
            yield
        finally:
            self._photos -= counts

    async def stop(self) -> None:
        """Show it nowhere any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_alive(self, chat_id: int) -> None:
        try:
            while self._photos[chat_id] and self._calls_left[chat_id]:
                self._calls_left[chat_id] -= 1
                await self._show(chat_id)
                # It goes on for the next batch, so that a chat never has two calls at a time.
                await asyncio.sleep(LASTS_SECONDS)
        finally:
            del self._tasks[chat_id]
            del self._calls_left[chat_id]
