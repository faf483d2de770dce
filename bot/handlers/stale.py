"""Buttons whose data no handler understands: from an older version, or invented.

Telegram shows a press as pending until it is answered, so every one is.
"""

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.telegram.callbacks import StatsButton
from bot.telegram.outbox import Outbox
from bot.texts.conversation import for_administrators_text, outdated_button_text


def create_router() -> Router:
    router = Router(name="stale")
    # Administrators' presses have been dealt with.
    router.callback_query.register(only_for_administrators, StatsButton.filter())
    router.callback_query.register(answer)
    return router


async def only_for_administrators(query: CallbackQuery, outbox: Outbox) -> None:
    outbox.send(query.answer(for_administrators_text(), show_alert=True))


async def answer(query: CallbackQuery, outbox: Outbox) -> None:
    outbox.send(query.answer(outdated_button_text(), show_alert=True))
