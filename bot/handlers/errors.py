"""Whatever goes wrong in a handler: one friendly text, with the number under which it is logged."""

import logging

from aiogram import Router
from aiogram.types import ErrorEvent

from bot.outbox import Outbox, new_reference
from bot.presentation import error_text

logger = logging.getLogger(__name__)


def create_router() -> Router:
    router = Router(name="errors")
    router.error.register(apologise)
    return router


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
