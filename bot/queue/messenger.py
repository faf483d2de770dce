"""What the worker needs of Telegram, in its own words; `bot.telegram.messenger` implements it."""

from typing import Protocol

from bot.queue.downloads import TelegramError
from bot.queue.steps import Announcement, Outcome


class UncertainError(TelegramError):
    """A new message may or may not have arrived: the connection broke before the answer."""


class UnreachableError(TelegramError):
    """This chat will not take the message, now or later; `blocked` by its person."""

    def __init__(self, message: str, *, blocked: bool = False) -> None:
        super().__init__(message)
        self.blocked = blocked


class MessageGoneError(TelegramError):
    """The message to edit is no longer there, or can no longer be edited."""


class Messenger(Protocol):
    """One bot's chats. Every method may raise UnavailableError; those that write, Unreachable."""

    async def announce(self, announcement: Announcement) -> int:
        """Send a placeholder in reply to a photo, with its place in the queue; return its id."""

    async def withdraw(self, chat_id: int, message_id: int) -> None:
        """Delete a placeholder that announces nothing any more. Failing at this is no failure."""

    async def show_activity(self, chat_id: int) -> None:
        """Let the chat show that an answer is coming. Failing at this is no failure."""

    async def download(self, file_id: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileTooLargeError: there are more than MAX_FILE_BYTES.
            FileGoneError: it cannot be downloaded, now or later.
        """

    async def edit(self, outcome: Outcome) -> None:
        """Make the placeholder show the outcome; that it does so already is success.

        Raises:
            MessageGoneError: there is no such message any more.
        """

    async def doubt(self, outcome: Outcome) -> None:
        """Ask whether the outcome has arrived, and offer to show it."""

    async def send(self, outcome: Outcome) -> int:
        """Show the outcome in a new message, sent at most once; return its id.

        Raises:
            UncertainError: it may have been sent.
        """
