"""The message that answers a photo or an album: its text and its buttons."""

from collections.abc import Sequence
from html import escape

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.answers import ShownAnswer, ShownCaption
from bot.callbacks import PhotoButton
from bot.keyboards import answer_keyboard
from bot.presentation import answer_text, failure_text
from bot.steps import Outcome
from bot.storage.tables import ALT_TEXT
from captioning.catalogue import short_title, title

LONGEST = 150
"""Characters of a caption in an album's answer: twenty of them have to fit in a message."""

IN_A_ROW = 5
"""Buttons with the numbers of photos."""


def outcome_text(outcome: Outcome) -> str:
    """The captions of all photos, or why there are none."""
    if outcome.purpose == ALT_TEXT:
        return _alt_text(outcome.answers)
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
    keyboard = answer_keyboard(answer.job_id, answer.captions, answer.other_model)
    return InlineKeyboardMarkup(inline_keyboard=_numbers(answer) + keyboard.inline_keyboard)


def album_text(answers: Sequence[ShownAnswer]) -> str:
    """A numbered list with the captions of each photo, or why it has none."""
    models = {caption.model for answer in answers for caption in answer.captions}
    if len(models) == 1:
        heading = f"<b>{escape(title(*models))}</b>\n"
        return heading + "\n".join(
            f"{number}. {_cut(answer.captions[0].text) if answer.captions else _failure(answer)}"
            for number, answer in enumerate(answers, start=1)
        )
    lines = ["\n".join(map(_line, answer.captions)) or _failure(answer) for answer in answers]
    return "\n\n".join(f"<b>{number}.</b> {line}" for number, line in enumerate(lines, start=1))


def _line(caption: ShownCaption) -> str:
    return f"<i>{escape(short_title(caption.model))}:</i> {_cut(caption.text)}"


def _cut(text: str) -> str:
    return escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _failure(answer: ShownAnswer) -> str:
    return f"⚠️ {failure_text(answer.failure or '')}"


def _alt_text(answers: Sequence[ShownAnswer]) -> str:
    captions = [answer.captions[0].text if answer.captions else "" for answer in answers]
    if len(captions) == 1:
        return f"🖼 {escape(captions[0])}"
    numbered = [f"{n}. {_cut(text)}" for n, text in enumerate(captions, start=1) if text]
    return "\n".join(("🖼", *numbered))


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
