"""The connection to Telegram: patient with its limits and failures, discreet about the token."""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import GetUpdates, Response, SendChatAction, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.downloads import FileGoneError, FileTooLargeError, UnavailableError

logger = logging.getLogger(__name__)

TRIES = 4
FIRST_DELAY = 0.5
LONGEST_WAIT = 60.0
"""Flood control up to this many seconds is waited for; a longer one is the caller's affair."""

DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=20, sock_read=30)
CHUNK = 65536

TEMPORARY = (TelegramNetworkError, TelegramServerError, ClientDecodeError)
"""Nobody knows whether such a call was carried out."""

_at_most_once: ContextVar[bool] = ContextVar("at_most_once", default=False)


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
                if attempt == TRIES or error.retry_after > LONGEST_WAIT:
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


async def download(bot: Bot, file_id: str, max_bytes: int) -> bytes:
    """The bytes of a file at Telegram.

    What it raises never holds the address of the file, of which the token is a part. aiohttp's
    own errors do, so they are replaced here and not chained.

    Raises:
        FileTooLargeError: there are more than `max_bytes`.
        FileGoneError: there is no such file (any more).
        UnavailableError: try again later.
    """
    for attempt in range(1, TRIES + 1):
        path = await _file_path(bot, file_id, max_bytes)
        try:
            return await _read(bot, path, max_bytes)
        except UnavailableError as error:
            if attempt == TRIES:
                raise
            logger.warning("%s; trying again", error)
        await asyncio.sleep(FIRST_DELAY * 2 ** (attempt - 1))
    raise AssertionError("the last attempt returns or raises")


async def _file_path(bot: Bot, file_id: str, max_bytes: int) -> str:
    try:
        file = await bot.get_file(file_id)
    except TelegramRetryAfter as error:
        raise UnavailableError("flood control", float(error.retry_after)) from None
    except TelegramEntityTooLarge:
        raise FileTooLargeError("Telegram says that the file is too big") from None
    except (TelegramBadRequest, TelegramNotFound) as error:
        if "too big" in error.message:
            raise FileTooLargeError("Telegram says that the file is too big") from None
        if "temporarily unavailable" in error.message:
            raise UnavailableError(error.message) from None
        raise FileGoneError(error.message) from None
    except (TelegramAPIError, ClientDecodeError) as error:
        raise UnavailableError(f"the file could not be found: {type(error).__name__}") from None
    if (file.file_size or 0) > max_bytes:
        raise FileTooLargeError(f"the file has {file.file_size} bytes")
    if not file.file_path:
        raise FileGoneError("Telegram gives no path of the file")
    return file.file_path


async def _read(bot: Bot, path: str, max_bytes: int) -> bytes:
    session: Any = bot.session
    address = session.api.file_url(bot.token, path)
    try:
        client: aiohttp.ClientSession = await session.create_session()
        async with client.get(address, timeout=DOWNLOAD_TIMEOUT) as response:
            if response.status != 200:
                raise UnavailableError(f"the download was answered with {response.status}")
            if (response.content_length or 0) > max_bytes:
                raise FileTooLargeError(f"the file has {response.content_length} bytes")
            data = bytearray()
            # What a server announces need not be what it sends.
            async for chunk in response.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > max_bytes:
                    raise FileTooLargeError(f"the file has more than {max_bytes} bytes")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnavailableError(f"the download broke off ({type(error).__name__})") from None
    return bytes(data)
