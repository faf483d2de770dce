"""The worker's view of Telegram, `bot.queue.messenger`, with aiogram behind it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiogram import Bot
from aiogram.enums import ChatAction
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

from bot.i18n import in_language
from bot.queue.downloads import UnavailableError
from bot.queue.messenger import MessageGoneError, UncertainError, UnreachableError
from bot.queue.steps import Announcement, Outcome
from bot.telegram import connection, downloads
from bot.telegram.answer_view import outcome_keyboard, outcome_text
from bot.telegram.keyboards import doubt_keyboard
from bot.texts.answers import doubt_text, placeholder_text

GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
)
NOT_MODIFIED = "message is not modified"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramMessenger:
    """Implements `bot.queue.messenger.Messenger`."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def announce(self, announcement: Announcement) -> int:
        with in_language(announcement.language_code), _translated():
            message = await self._bot.send_message(
                announcement.chat_id,
                placeholder_text(
                    announcement.place, announcement.wait, is_album=announcement.is_album
                ),
                reply_parameters=_reply_to(announcement.message_id),
            )
        return message.message_id

    async def withdraw(self, chat_id: int, message_id: int) -> None:
        with suppress(TelegramAPIError):
            await self._bot.delete_message(chat_id, message_id)

    async def show_activity(self, chat_id: int) -> None:
        with suppress(TelegramAPIError):
            await self._bot.send_chat_action(chat_id, ChatAction.TYPING)

    async def download(self, file_id: str) -> bytes:
        with connection.impatient():
            return await downloads.download(self._bot, file_id)

    async def edit(self, outcome: Outcome) -> None:
        text, keyboard = _drawn(outcome)
        with _translated():
            await self._bot.edit_message_text(
                text,
                chat_id=outcome.chat_id,
                message_id=outcome.placeholder_id,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )

    async def doubt(self, outcome: Outcome) -> None:
        with in_language(outcome.language_code), _translated():
            await self._bot.send_message(
                outcome.chat_id,
                doubt_text(),
                reply_markup=doubt_keyboard(outcome.claim.job_id),
                reply_parameters=_reply_to(outcome.message_id),
            )

    async def send(self, outcome: Outcome) -> int:
        text, keyboard = _drawn(outcome)
        with connection.at_most_once(), _translated(once=True):
            message = await self._bot.send_message(
                outcome.chat_id,
                text,
                reply_markup=keyboard,
                reply_parameters=_reply_to(outcome.message_id),
                link_preview_options=NO_PREVIEW,
            )
        return message.message_id


def _drawn(outcome: Outcome) -> tuple[str, InlineKeyboardMarkup | None]:
    with in_language(outcome.language_code):
        return outcome_text(outcome), outcome_keyboard(outcome)


def _reply_to(message_id: int) -> ReplyParameters:
    # The photo may have been deleted by now; its sender still wants to read the answer.
    return ReplyParameters(message_id=message_id, allow_sending_without_reply=True)


@contextmanager
def _translated(*, once: bool = False) -> Iterator[None]:
    """Raise what `bot.queue.messenger` promises instead of aiogram's errors.

    The worker has others' photos to go on with when flood control stops one chat.
    """
    try:
        with connection.impatient():
            yield
    except TelegramRetryAfter as error:
        raise UnavailableError("flood control", float(error.retry_after)) from error
    except TelegramEntityTooLarge as error:
        raise UnreachableError(error.message) from error
    except connection.TEMPORARY as error:
        # The text of a decoding error is the whole answer of the server.
        cause = type(error).__name__
        if once and not connection.never_arrived(error):
            raise UncertainError(cause) from error
        raise UnavailableError(cause) from error
    except TelegramForbiddenError as error:
        blocked = "blocked by the user" in error.message or "deactivated" in error.message
        raise UnreachableError(error.message, blocked=blocked) from error
    except (TelegramBadRequest, TelegramNotFound) as error:
        words = error.message.lower()
        if NOT_MODIFIED in words:
            return
        if any(gone in words for gone in GONE):
            raise MessageGoneError(error.message) from error
        raise UnreachableError(error.message) from error
    except (TelegramUnauthorizedError, TelegramConflictError) as error:
        # These end the bot; after its next start the photo is answered.
        raise UnavailableError(error.message) from error
    except TelegramAPIError as error:
        raise UnreachableError(error.message) from error
