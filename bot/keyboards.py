"""The inline keyboards. Each is a function of what it shows, so that a redraw cannot be stale."""

from collections.abc import Sequence

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.answers import ShownCaption
from bot.callbacks import ForgetButton, ModelButton, OtherModelButton, RatingButton
from bot.i18n import gettext as _
from captioning import MODELS

CHOSEN = "✅ "


def _button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)


def answer_keyboard(
    job_id: int, shown: Sequence[ShownCaption], other_model: str | None = None
) -> InlineKeyboardMarkup:
    """One row of 👍 and 👎 per caption, and a button for the model that was not asked.

    With two captions a row also names its model, since the captions are above each other and
    the buttons below both.
    """
    rows = [_rating_row(job_id, caption, named=len(shown) > 1) for caption in shown]
    if other_model is not None:
        text = _("Also ask {model}").format(model=title(other_model))
        rows.append([_button(text, OtherModelButton(job_id=job_id, model=other_model).pack())])
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _rating_row(job_id: int, caption: ShownCaption, *, named: bool) -> list[InlineKeyboardButton]:
    row = []
    for value, face in ((1, "👍"), (-1, "👎")):
        mark = CHOSEN if caption.rating == value else ""
        name = f" {short_title(caption.model)}" if named else ""
        data = RatingButton(job_id=job_id, caption_id=caption.caption_id, value=value)
        row.append(_button(f"{mark}{face}{name}", data.pack()))
    return row


def model_keyboard(user_id: int, current: str) -> InlineKeyboardMarkup:
    """Both models or either of them, the current choice marked."""
    choices = {"both": _("Both models"), **MODELS}
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                _button(
                    (CHOSEN if choice == current else "") + text,
                    ModelButton(user_id=user_id, choice=choice).pack(),
                )
            ]
            for choice, text in choices.items()
        ]
    )


def forget_keyboard(user_id: int) -> InlineKeyboardMarkup:
    """Yes, delete everything; or no."""
    yes = ForgetButton(user_id=user_id, confirmed=1).pack()
    no = ForgetButton(user_id=user_id, confirmed=0).pack()
    return InlineKeyboardMarkup(
        inline_keyboard=[[_button(_("Yes, delete it all"), yes), _button(_("No, keep it"), no)]]
    )


def title(model: str) -> str:
    """A model's name for people; an unknown (old) model keeps its own."""
    return MODELS.get(model, model)


def short_title(model: str) -> str:
    """The first word of a model's name, as "ResNet-34", for a button on a narrow phone."""
    return title(model).split(" ")[0]
