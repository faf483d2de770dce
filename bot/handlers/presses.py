"""What the handlers of inline buttons share."""

from typing import NamedTuple

from aiogram.types import CallbackQuery


class Place(NamedTuple):
    """A message, by its ids: also one too old for Telegram to show its content."""

    chat_id: int
    message_id: int


def place_of(query: CallbackQuery) -> Place | None:
    """The message whose button was pressed; None when it was sent from inline mode."""
    if query.message is None:
        return None
    return Place(query.message.chat.id, query.message.message_id)
