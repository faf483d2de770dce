"""Whatever goes wrong in a handler: one friendly text, with the number under which it is logged.

What was forgotten is no error of the bot: there the text says so.
"""

import logging

from aiogram import Bot, Router
from aiogram.filters import ExceptionTypeFilter
from aiogram.types import ErrorEvent

from bot.handlers.presses import place_of
from bot.queue.answers import AnswerForgottenError
from bot.telegram.outbox import Outbox, new_reference
from bot.texts.conversation import error_text, forgotten_answer_text

logger = logging.getLogger(__name__)


def create_router() -> Router:
    router = Router(name="errors")
    router.error.register(say_forgotten, ExceptionTypeFilter(AnswerForgottenError))
    router.error.register(apologise)
    return router


async def say_forgotten(event: ErrorEvent, bot: Bot, outbox: Outbox) -> None:
    """Explain, and take the buttons away: they can do nothing any more."""
    update = event.update
    message, query = update.message or update.edited_message, update.callback_query
    if message is not None:
        outbox.send(message.reply(forgotten_answer_text()))
    if query is None:
        return
    outbox.send(query.answer(forgotten_answer_text(), show_alert=True))
    if place := place_of(query):
        outbox.refresh(
            place,
            lambda: bot.edit_message_reply_markup(
                chat_id=place.chat_id, message_id=place.message_id, reply_markup=None
            ),
        )


async def apologise(event: ErrorEvent, outbox: Outbox) -> None:
    reference = new_reference()
    logger.error(
        "Update %d could not be handled (reference %s)",
        event.update.update_id,
        reference,
        exc_info=event.exception,
    )
    text = error_text(reference)
    query = event.update.callback_query
    if query is not None:
        outbox.send(query.answer(text, show_alert=True))
    elif event.update.message is not None:
        outbox.send(event.update.message.answer(text))
