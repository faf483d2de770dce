"""An update is confirmed when its effect is stored; until then Telegram is asked for it again.

aiogram confirms an update when its handler has ended, however it did. Here one that could not be
stored stays unconfirmed, with all that came after it: they are handled meanwhile, and passed over
when they come again. So a bot that is stopped, or killed, in the middle of it loses none.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.dispatcher.event.bases import UNHANDLED, CancelHandler, SkipHandler
from aiogram.methods import GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import TelegramObject, Update

from bot.queue.answers import AnswerForgottenError
from bot.storage.availability import DatabaseUnavailableError
from bot.telegram.decoding import is_unread

logger = logging.getLogger(__name__)

TRIES = 3
"""An update whose handler fails so often is set aside: it is confirmed, and its person told."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Seconds before unconfirmed updates are asked for again."""

NO_FAULTS = (AnswerForgottenError, SkipHandler, CancelHandler)
"""How handlers end that have nothing to do: again, they would end the same way."""


class Effects:
    """Knows which updates have not taken effect; `handle` is a middleware of updates, inside
    aiogram's own that calls the handlers of errors."""

    def __init__(self) -> None:
        self._waiting: dict[int, int] = {}

    def is_waiting(self, update_id: int) -> bool:
        """Whether an update has to come again."""
        return update_id in self._waiting

    async def handle(self, handler: Any, event: TelegramObject, data: dict[str, Any]) -> Any:
        """Handle an update, and remember whether that has taken effect."""
        assert isinstance(event, Update)
        if is_unread(event):
            self._settle(event.update_id)
            return UNHANDLED
        try:
            result = await handler(event, data)
        except DatabaseUnavailableError:
            self._waiting.setdefault(event.update_id, 0)
            return UNHANDLED
        except NO_FAULTS:
            self._settle(event.update_id)
            raise
        except Exception as error:
            tries = self._waiting.get(event.update_id, 0) + 1
            if tries < TRIES:
                cause = type(error).__name__
                logger.warning("Update %d failed (%s), to be tried again", event.update_id, cause)
                self._waiting[event.update_id] = tries
                return UNHANDLED
            self._settle(event.update_id)
            raise
        self._settle(event.update_id)
        return result

    def _settle(self, update_id: int) -> None:
        self._waiting.pop(update_id, None)


class Confirmation(Effects):
    """Knows which updates of one bot can be confirmed when it polls.

    `fetch` is a middleware of calls to Telegram. `pause(seconds)` waits before unconfirmed updates
    are asked for again.
    """

    def __init__(self, pause: Callable[[float], Awaitable[None]]) -> None:
        super().__init__()
        self._pause = pause
        self._next_pause = FIRST_PAUSE
        self._settled: set[int] = set()
        self._last_id: int | None = None

    @property
    def confirmable(self) -> int | None:
        """The update up to which all have taken effect; None where some have not, or none came."""
        if self._waiting or self._last_id is None:
            return None
        return max(self._settled | {self._last_id})

    async def fetch(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Ask for updates from the first on that has not taken effect."""
        if not isinstance(method, GetUpdates) or not (self._waiting or self._settled):
            return await make_request(bot, method)
        changed: dict[str, int]
        if self._waiting:
            await self._pause(self._next_pause)
            self._next_pause = min(2 * self._next_pause, LONGEST_PAUSE)
            changed = {"offset": min(self._waiting), "timeout": 0}
        else:
            # aiogram goes on after the update that came last, which is not always the newest.
            changed = {"offset": max(method.offset or 0, max(self._settled) + 1)}
        again: Any = method.model_copy(update=changed)
        # aiogram's types call this a response, and what it gives is the result of one.
        updates: Any = await make_request(bot, again)
        held = {update.update_id for update in updates}
        # What Telegram holds no longer cannot come again.
        self._waiting = {it: tries for it, tries in self._waiting.items() if it in held}
        self._settled &= held
        new: Any = [update for update in updates if update.update_id not in self._settled]
        return new  # type: ignore[no-any-return]

    def _settle(self, update_id: int) -> None:
        super()._settle(update_id)
        if self._waiting:
            self._settled.add(update_id)
        else:
            self._next_pause = FIRST_PAUSE
        self._last_id = update_id
