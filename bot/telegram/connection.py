"""The connection to Telegram: patient with its limits and failures, discreet about the token."""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import aiohttp
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import GetUpdates, Response, SendChatAction, TelegramMethod
from aiogram.methods.base import TelegramType

logger = logging.getLogger(__name__)

TRIES = 4
FIRST_DELAY = 0.5
LONGEST_WAIT = 60.0
"""Flood control up to this many seconds is waited for; a longer one is the caller's affair."""
BRIEF_WAIT = 1.0
"""The same for callers that have other things to do meanwhile."""

TEMPORARY = (TelegramNetworkError, TelegramServerError, ClientDecodeError)
"""Nobody knows whether such a call was carried out."""

_at_most_once: ContextVar[bool] = ContextVar("at_most_once", default=False)
_longest_wait: ContextVar[float] = ContextVar("longest_wait", default=LONGEST_WAIT)


def create_bot(token: str, api_url: str | None = None, proxy_url: str | None = None) -> Bot:
    """A bot at Telegram's server or another, whose calls are retried as `Patience` says."""
    server = PRODUCTION if api_url is None else TelegramAPIServer.from_base(api_url)
    session = AiohttpSession(api=server, proxy=proxy_url)
    session.middleware(Patience())
    return Bot(token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))


@contextmanager
def at_most_once() -> Iterator[None]:
    """Calls in this block are repeated only when the earlier one was certainly not carried out."""
    token = _at_most_once.set(True)
    try:
        yield
    finally:
        _at_most_once.reset(token)


@contextmanager
def impatient() -> Iterator[None]:
    """Calls in this block wait for flood control no longer than BRIEF_WAIT."""
    token = _longest_wait.set(BRIEF_WAIT)
    try:
        yield
    finally:
        _longest_wait.reset(token)


def never_arrived(error: BaseException) -> bool:
    """Whether a failed call cannot have been carried out, for there was no connection at all."""
    return isinstance(error.__cause__, aiohttp.ClientConnectorError)


class Patience(BaseRequestMiddleware):
    """Waits as long as flood control says, and repeats calls that the network or server failed.

    Polling has its own patience (aiogram's), and nobody misses a chat action.
    """

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if type(method) in (GetUpdates, SendChatAction):
            return await make_request(bot, method)
        name = type(method).__name__
        for attempt in range(1, TRIES + 1):
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                if attempt == TRIES or error.retry_after > _longest_wait.get():
                    raise
                wait = float(error.retry_after)
                logger.warning("%s: Telegram asks to wait %g s", name, wait)
            except TEMPORARY as error:
                repeatable = not _at_most_once.get() or never_arrived(error)
                if attempt == TRIES or not repeatable:
                    raise
                wait = FIRST_DELAY * 2 ** (attempt - 1) * random.uniform(1, 1.25)  # noqa: S311
                logger.warning("%s failed, again in %.1f s: %s", name, wait, error)
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")
