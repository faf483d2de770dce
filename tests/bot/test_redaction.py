import logging
from io import StringIO

import pytest
from aiogram import Bot
from scripted_api import TOKEN, Server, page

from bot.redaction import RedactingFilter, RedactingFormatter, Redactor


@pytest.fixture
def log() -> StringIO:
    return StringIO()


@pytest.fixture
def logger(log: StringIO) -> logging.Logger:
    handler = logging.StreamHandler(log)
    redact = Redactor(TOKEN, "hunter2")
    handler.setFormatter(RedactingFormatter(redact))
    handler.addFilter(RedactingFilter(redact))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger


async def test_aiograms_failed_download_is_redacted_in_the_log(
    server: Server, client: Bot, logger: logging.Logger, log: StringIO
) -> None:
    # aiogram's own download raises aiohttp's error, which holds the address and in it the token.
    server.on("download", page(404))
    try:
        await client.download_file("photos/1.jpg")
    except Exception as error:
        assert TOKEN in repr(error)
        logger.exception("failed: %r", error)
        logger.error("failed", exc_info=error, stack_info=True)
    assert "ClientResponseError" in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert TOKEN.split(":")[1] not in log.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        "another: 987654321:AAEabcdefghijklmnopqrstuvwxyz0123456",
        "quoted: 987654321%3AAAEabcdefghijklmnopqrstuvwxyz0123456",
        "socks5://me:hunter2@host",
    ],
)
def test_secrets_are_hidden(logger: logging.Logger, log: StringIO, text: str) -> None:
    logger.warning("%s", text)
    logger.warning("in a list: %s", [text])
    assert "hidden" in log.getvalue()
    for secret in (TOKEN, "AAEabcdef", "hunter2"):
        assert secret not in log.getvalue()


def test_what_is_no_secret_stays(logger: logging.Logger, log: StringIO) -> None:
    logger.info("12:30:45 job 7 took 1.5 s at http://127.0.0.1:8081/")
    assert "12:30:45 job 7 took 1.5 s at http://127.0.0.1:8081/" in log.getvalue()
