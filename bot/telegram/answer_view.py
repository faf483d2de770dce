"""The message that answers a photo or an album: its text and its buttons."""

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.queue.answers import ShownAnswer
from bot.queue.steps import Outcome
from bot.storage.tables import ALT_TEXT
from bot.telegram.callbacks import PhotoButton
from bot.telegram.keyboards import answer_keyboard
from bot.texts.answers import album_text, alt_text, answer_text
from bot.texts.failures import failure_text

IN_A_ROW = 5
"""Buttons with the numbers of photos."""


def outcome_text(outcome: Outcome) -> str:
    """The captions of all photos, or why there are none."""
    if outcome.purpose == ALT_TEXT:
        return alt_text(outcome.answers)
    if len(outcome.answers) > 1:
        return album_text(outcome.answers)
    [answer] = outcome.answers
    if answer.failure:
        return failure_text(answer.failure, answer.job_id)
    return answer_text(answer.captions)


def outcome_keyboard(outcome: Outcome) -> InlineKeyboardMarkup | None:
    """The buttons of the first photo that has captions; None where none has or none is asked."""
    captioned = [answer for answer in outcome.answers if answer.captions]
    if outcome.purpose == ALT_TEXT or not captioned:
        return None
    return keyboard_of(captioned[0])


def keyboard_of(answer: ShownAnswer) -> InlineKeyboardMarkup:
    """The buttons for one photo; in an album, above them the numbers to choose another one by."""
    keyboard = answer_keyboard(answer.job_id, answer.captions, answer.unasked)
    return InlineKeyboardMarkup(inline_keyboard=_numbers(answer) + keyboard.inline_keyboard)


def _numbers(answer: ShownAnswer) -> list[list[InlineKeyboardButton]]:
    buttons = [
        InlineKeyboardButton(
            text=f"• {number} •" if job_id == answer.job_id else str(number),
            callback_data=PhotoButton(job_id=job_id).pack(),
        )
        for number, job_id in enumerate(answer.album, start=1)
        if job_id is not None
    ]
    if len(buttons) < 2:
        return []
    return [buttons[at : at + IN_A_ROW] for at in range(0, len(buttons), IN_A_ROW)]
