"""Downloading a file from Telegram: what does it, and how it fails."""

from collections.abc import Awaitable, Callable

MAX_FILE_BYTES = 20 * 2**20
"""Telegram lets a bot download files up to this size."""

Download = Callable[[str], Awaitable[bytes]]
"""`(file_id)` → bytes, with the errors of `bot.queue.messenger.Messenger.download`."""


class TelegramError(Exception):
    """Base of what goes wrong with Telegram, whatever was asked of it."""


class UnavailableError(TelegramError):
    """Not now: flood control, the network or the server; `retry_after` in seconds when known."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FileGoneError(TelegramError):
    """The file can no longer be downloaded by this id."""


class FileTooLargeError(TelegramError):
    """The file has more than MAX_FILE_BYTES."""
