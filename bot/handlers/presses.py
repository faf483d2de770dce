"""What the handlers of inline buttons share."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple

from aiogram import BaseMiddleware, Bot
from aiogram.types import CallbackQuery, TelegramObject

from bot.feedback.ratings import Feedback
from bot.i18n import in_language
from bot.people.chat_settings import ChatSettings
from bot.queue.answers import AnswerForgottenError
from bot.telegram.answer_view import keyboard_of
from bot.telegram.outbox import Outbox
from bot.texts.conversation import outdated_button_text
from bot.texts.groups import group_has_moved_text


class Place(NamedTuple):
    """A message, by its ids: also one too old for Telegram to show its content."""

    chat_id: int
    message_id: int


def place_of(query: CallbackQuery) -> Place | None:
    """The message whose button was pressed; None when it was sent from inline mode."""
    if query.message is None:
        return None
    return Place(query.message.chat.id, query.message.message_id)


class PlaceMiddleware(BaseMiddleware):
    """Passes `place: Place`, the message whose button was pressed, to the handlers of buttons.

    This bot sends nothing from inline mode, so a press without a message is none of its buttons.
    In a group that has become a supergroup no message can be changed any more.
    """

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        assert isinstance(event, CallbackQuery)
        place = place_of(event)
        outbox: Outbox = data["outbox"]
        chat_settings: ChatSettings = data["chat_settings"]
        if place is None:
            outbox.send(event.answer(outdated_button_text(), show_alert=True))
            return None
        if await chat_settings.has_moved(place.chat_id):
            outbox.send(event.answer(group_has_moved_text(), show_alert=True))
            return None
        return await handler(event, {**data, "place": place})


async def redraw_buttons(
    bot: Bot, place: Place, job_id: int, feedback: Feedback, viewer_id: int
) -> None:
    """Draw the buttons of a photo's answer again, as whoever pressed one sees them."""
    with suppress(AnswerForgottenError):
        answer = await feedback.answer(job_id, place.chat_id, viewer_id)
        with in_language(answer.language_code):
            keyboard = keyboard_of(answer)
        await bot.edit_message_reply_markup(
            chat_id=place.chat_id, message_id=place.message_id, reply_markup=keyboard
        )
