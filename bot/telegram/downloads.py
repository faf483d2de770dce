"""Downloading files from Telegram, so that the address of none is ever told: it holds the token."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.client.telegram import PRODUCTION
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
)

from bot.queue.downloads import (
    MAX_FILE_BYTES,
    FileGoneError,
    FileTooLargeError,
    UnavailableError,
)
from bot.telegram import connection

logger = logging.getLogger(__name__)

DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=20, sock_read=30)
CHUNK = 65536


async def download(bot: Bot, file_id: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file at Telegram.

    What it raises never holds the address of the file, of which the token is a part. aiohttp's
    own errors do, so they are replaced here and not chained.

    Raises:
        FileTooLargeError: there are more than `max_bytes`.
        FileGoneError: there is no such file (any more).
        UnavailableError: try again later.
    """
    for attempt in range(1, connection.TRIES + 1):
        path = await _file_path(bot, file_id, max_bytes)
        try:
            if Path(path).is_absolute():
                return await asyncio.to_thread(_read_local, bot, Path(path), max_bytes)
            return await _read(bot, path, max_bytes)
        except UnavailableError as error:
            if attempt == connection.TRIES:
                raise
            logger.warning("%s; trying again", error)
        await asyncio.sleep(connection.FIRST_DELAY * 2 ** (attempt - 1))
    raise AssertionError("the last attempt returns or raises")


async def _file_path(bot: Bot, file_id: str, max_bytes: int) -> str:
    try:
        file = await bot.get_file(file_id)
    except TelegramRetryAfter as error:
        raise UnavailableError("flood control", float(error.retry_after)) from None
    except TelegramEntityTooLarge:
        raise FileTooLargeError("Telegram says that the file is too big") from None
    except (TelegramBadRequest, TelegramForbiddenError, TelegramNotFound) as error:
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


def _read_local(bot: Bot, path: Path, max_bytes: int) -> bytes:
    """A file that a Bot API server of one's own, run with --local, has put on its disk.

    Its path is not told: the folder above is named after the token.
    """
    session: Any = bot.session
    if session.api.base == PRODUCTION.base:
        raise FileGoneError("Telegram gives the path of a file on its own disk")
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise FileGoneError(
            "the Bot API server runs with --local and keeps files where the bot cannot read them "
            f"({error.strerror}); give the bot the same folder at the same path and the right to "
            "read it, or run the server without --local"
        ) from None
    if len(data) > max_bytes:
        raise FileTooLargeError(f"the file has more than {max_bytes} bytes")
    return data


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
