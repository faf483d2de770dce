"""Polling: an update is confirmed when its handler has committed, and fatal answers end it."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from aiogram import Bot, Dispatcher
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import TelegramConflictError, TelegramUnauthorizedError
from aiogram.methods import GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.telegram.confirmation import Confirmation
from bot.telegram.startup import CONFLICT, REFUSED

logger = logging.getLogger(__name__)

CONFLICTS = 4
WITHIN_SECONDS = 60.0
"""So many conflicts in such a time are another poller. One may be a process that has just ended."""


class Watch(BaseRequestMiddleware):
    """Ends polling when Telegram's answer means that it is useless to go on."""

    def __init__(self, dispatcher: Dispatcher, on_answer: Callable[[], object]) -> None:
        self._dispatcher = dispatcher
        self._on_answer = on_answer
        self._conflicts: deque[float] = deque(maxlen=CONFLICTS)
        self._stopping: asyncio.Task[None] | None = None
        self.reason: str | None = None
        """Why polling ended, when it was not asked to."""

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        try:
            response = await make_request(bot, method)
        except TelegramUnauthorizedError:
            self._stop(REFUSED)
            raise
        except TelegramConflictError:
            if isinstance(method, GetUpdates):
                self._conflict()
            raise
        if isinstance(method, GetUpdates):
            self._on_answer()
        return response

    def on_right_lost(self, right: asyncio.Task[None]) -> None:
        """End polling, since the task that keeps the right to poll has failed."""
        if not right.cancelled() and (error := right.exception()) is not None:
            self._stop(str(error))

    def _conflict(self) -> None:
        now = time.monotonic()
        self._conflicts.append(now)
        if len(self._conflicts) == CONFLICTS and now - self._conflicts[0] < WITHIN_SECONDS:
            self._stop(CONFLICT)

    def _stop(self, reason: str) -> None:
        if self.reason is None:
            self.reason = reason
            # Not awaited: polling waits for the very call that this is a part of.
            self._stopping = asyncio.create_task(self._end_polling())

    async def _end_polling(self) -> None:
        try:
            await self._dispatcher.stop_polling()
        except RuntimeError:
            logger.debug("It was not polling yet")


async def poll(
    dispatcher: Dispatcher,
    bot: Bot,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_answer: Callable[[], object] = lambda: None,
    right: asyncio.Task[None] | None = None,
) -> str | None:
    """Handle updates, one after another, until a signal comes.

    `pause(seconds)` is awaited before updates that could not be stored are asked for again;
    `on_answer` is called when Telegram has answered, be it with nothing. `right` is what keeps this
    process's right to do so: when it fails, polling ends.

    Returns:
        Why it ended, when no signal has.
    """
    watch, confirmation = Watch(dispatcher, on_answer), Confirmation(pause)
    bot.session.middleware(watch)
    bot.session.middleware(confirmation.fetch)
    dispatcher.update.outer_middleware(confirmation.handle)
    if right is not None:
        right.add_done_callback(watch.on_right_lost)
    await dispatcher.start_polling(
        bot,
        # As tasks, updates would be confirmed before anything about them was stored.
        handle_as_tasks=False,
        close_bot_session=False,
    )
    if watch.reason is None and (update_id := confirmation.confirmable) is not None:
        await _confirm(bot, update_id)
    return watch.reason


async def _confirm(bot: Bot, update_id: int) -> None:
    """Confirm what was handled last: aiogram does so with the next poll, and there is none."""
    try:
        await asyncio.wait_for(
            bot.get_updates(offset=update_id + 1, limit=1, timeout=0), timeout=1.5
        )
    except Exception as error:
        # Then it comes again, which every handler can stand.
        logger.debug("The last update could not be confirmed: %s", type(error).__name__)
