"""Calls to Telegram that nobody waits for.

Updates are handled one after another, and a handler that waited for Telegram would stop all
intake for as long as flood control says. So a handler first commits to the database, then puts
its calls in here and returns. Calls about one chat are made in the order they were put in.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import TelegramMethod

logger = logging.getLogger(__name__)

Call = TelegramMethod[Any] | Callable[[], Awaitable[object]]
"""A method bound to its bot (as `message.answer(...)` returns), or a function that makes calls."""

TRIES = 3

# Telegram's words for a call that came too late to matter or that found its work already done.
HARMLESS = (
    "message is not modified",
    "query is too old",
    "query ID is invalid",
    "message to edit not found",
    "message to delete not found",
    "message can't be edited",
    "message to be replied not found",
)


def new_reference() -> str:
    """What a person is told, and the log says, about one unexpected error."""
    return secrets.token_hex(3)


class Outbox:
    """Makes calls in tracked background tasks; one queue per key, by default the call's chat.

    `on_blocked(chat_id)` is awaited when Telegram says that the person has blocked the bot, and
    `apologise(chat_id, reference)` when something failed that is not Telegram's fault.
    """

    def __init__(
        self,
        on_blocked: Callable[[int], Awaitable[object]] | None = None,
        apologise: Callable[[int, str], Awaitable[object]] | None = None,
    ) -> None:
        self._on_blocked = on_blocked
        self._apologise = apologise
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[Hashable] = set()

    def send(self, call: Call, *, key: Hashable = None, asker: int | None = None) -> None:
        """Make `call` soon, after the calls already put in under the same key.

        Without a key and without a chat (answers to button presses, which Telegram wants
        quickly) it waits for nothing. `asker` is the chat that is told when it fails unexpectedly,
        in the language of whoever calls this.
        """
        if key is None:
            key = _chat_of(call)
        previous = self._last.get(key) if key is not None else None
        task = asyncio.create_task(self._make(call, previous, asker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if key is not None:
            self._last[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))

    def refresh(
        self,
        what: Hashable,
        redraw: Callable[[], Awaitable[object]],
        *,
        asker: int | None = None,
    ) -> None:
        """Redraw something from its newest state, calls about the same thing in order.

        `redraw` reads the state itself when its turn comes, so presses in quick succession end
        in the final state, and those that wait together are one call.
        """
        if what in self._waiting:
            return
        self._waiting.add(what)

        async def begin() -> None:
            # From here on the state is being read, so a later change needs a redraw of its own.
            self._waiting.discard(what)
            await redraw()

        self.send(begin, key=what, asker=asker)

    async def drain(self, seconds: float = 5.0) -> None:
        """Wait up to so many `seconds` for what was put in; the rest is cancelled and logged."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        # What is waited for may put in more.
        while self._tasks and (left := end - clock()) > 0:
            await asyncio.wait(tuple(self._tasks), timeout=left)
        late = tuple(self._tasks)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            logger.warning("%d messages were not sent before the bot stopped", len(late))

    async def _make(
        self, call: Call, previous: asyncio.Task[None] | None, asker: int | None
    ) -> None:
        if previous is not None:
            await asyncio.wait((previous,))
        try:
            await _patiently(call)
        except TelegramForbiddenError as error:
            await self._blocked(error)
        except TelegramBadRequest as error:
            harmless = any(words in error.message for words in HARMLESS)
            logger.log(
                logging.DEBUG if harmless else logging.ERROR, "Telegram refused a call: %s", error
            )
        except Exception as error:
            # Nobody awaits this task: what is not logged here is lost.
            reference = new_reference()
            logger.exception("What was to be sent failed (reference %s)", reference)
            if asker is not None and not isinstance(error, TelegramAPIError):
                await self._tell(asker, reference)

    async def _tell(self, chat_id: int, reference: str) -> None:
        if self._apologise is None:
            return
        try:
            await self._apologise(chat_id, reference)
        except Exception:
            logger.exception("Could not tell chat %s of error %s", chat_id, reference)

    async def _blocked(self, error: TelegramForbiddenError) -> None:
        chat_id = _chat_of(error.method)
        logger.info("Chat %s does not want messages: %s", chat_id, error.message)
        if self._on_blocked is None or not isinstance(chat_id, int):
            return
        try:
            await self._on_blocked(chat_id)
        except Exception:
            logger.exception("Could not store that chat %s has blocked the bot", chat_id)

    def _forget(self, key: Hashable, done: asyncio.Task[None]) -> None:
        if self._last.get(key) is done:
            del self._last[key]


async def _patiently(call: Call) -> None:
    """Make a call; the connection waits through short flood control, this through a long one."""
    for attempt in range(1, TRIES + 1):
        try:
            await (call if isinstance(call, TelegramMethod) else call())
            return
        except TelegramRetryAfter as error:
            if attempt == TRIES:
                raise
            logger.warning("Telegram asks to wait %d s before the next message", error.retry_after)
            await asyncio.sleep(error.retry_after)


def _chat_of(call: object) -> Hashable:
    return getattr(call, "chat_id", None)
