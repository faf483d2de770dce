"""Keeps secrets out of the log: a bot's token is in the address of every call to Telegram."""

import logging
import re
import sys
import traceback
from types import TracebackType

HIDDEN = "<hidden>"
TOKEN = re.compile(r"\d+(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Redactor:
    """Hides the given secrets, and whatever looks like a token, in a text."""

    def __init__(self, *secrets: str) -> None:
        # Longest first: one secret may be a part of another.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return TOKEN.sub(HIDDEN, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record whole, its traceback and stack included, and hides secrets in the result."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__(FORMAT)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(super().format(record))


class RedactingFilter(logging.Filter):
    """Hides secrets in a record itself, for handlers that others add and format in their way."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), None
        if record.exc_info:
            # A handler that finds this text does not format the exception again.
            record.exc_text = self._redact(
                record.exc_text or "".join(traceback.format_exception(*record.exc_info)).rstrip()
            )
        return True


def set_up_logging(level: str, *secrets: str) -> None:
    """Log to standard error, with every secret hidden; uncaught exceptions too."""
    redact = Redactor(*secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redact))
    handler.addFilter(RedactingFilter(redact))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    if level != "DEBUG":
        # A line per update, and Alembic's steps, are too much for a log that people read.
        for name in ("aiogram.event", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        logging.getLogger("captionbot").critical(
            "Ended by an unexpected error", exc_info=(kind, error, trace)
        )

    sys.excepthook = hook
