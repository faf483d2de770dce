"""The inline keyboards. Each is a function of what it shows, so that a redraw cannot be stale."""

from collections.abc import Mapping, Sequence

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.feedback.own_captions import Written
from bot.i18n import gettext as _
from bot.i18n import language_name, languages
from bot.people.history import Page
from bot.people.users import ALL_MODELS, Person, model_choices
from bot.queue.answers import ShownCaption
from bot.storage.tables import LONG, NORMAL, SHORT
from bot.telegram.callbacks import (
    AlsoAskButton,
    AnswerButton,
    AttentionButton,
    CancelButton,
    ForgetButton,
    HistoryButton,
    KeepButton,
    ModelButton,
    PickButton,
    RatingButton,
    ReplaceButton,
    SettingButton,
    UndoButton,
    WithdrawButton,
    WordingsButton,
    WriteButton,
)
from captioning.catalogue import attentive_models, short_title, title

CHOSEN = "✅ "

AUTO = "auto"
ON = "on"
OFF = "off"

IN_A_ROW = 3
"""Buttons with a word each, on a narrow phone."""


def _button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)


def answer_keyboard(
    job_id: int, shown: Sequence[ShownCaption], unasked: Sequence[str] = ()
) -> InlineKeyboardMarkup:
    """One row of 👍 and 👎 per caption, buttons for what more there is to see and for writing a
    better caption, and one for each model that was not asked.

    With several captions a row also names its model, since the captions are above each other and
    the buttons below them all. Of a caption that may well be wrong, writing comes first.
    """
    rows = [_rating_row(job_id, caption, named=len(shown) > 1) for caption in shown]
    if more := more_buttons(job_id, shown):
        rows.append(more)
    writes = [write_button(job_id)]
    # Where the bot has asked for a better caption, that is the first thing to do.
    rows.insert(0 if any(caption.is_unsure for caption in shown) else len(rows), writes)
    for model in unasked:
        text = _("Also ask {model}").format(model=title(model))
        rows.append([_button(text, AlsoAskButton(job_id=job_id, model=model).pack())])
    return InlineKeyboardMarkup(inline_keyboard=rows)


def doubt_keyboard(job_id: int) -> InlineKeyboardMarkup:
    """Show an answer that may not have arrived."""
    button = _button(_("Show the answer"), AnswerButton(job_id=job_id).pack())
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


def more_buttons(job_id: int, shown: Sequence[ShownCaption]) -> list[InlineKeyboardButton]:
    """What more there is to see of captions: where the model looked, and other wordings."""
    buttons = []
    if any(caption.has_attention for caption in shown):
        data = AttentionButton(job_id=job_id).pack()
        buttons.append(_button(_("🔍 Where it looked"), data))
    if any(caption.alternatives for caption in shown):
        data = WordingsButton(job_id=job_id).pack()
        buttons.append(_button(_("💬 Other wordings"), data))
    return buttons


def _rating_row(job_id: int, caption: ShownCaption, *, named: bool) -> list[InlineKeyboardButton]:
    row = []
    likes, dislikes = caption.votes or (0, 0)
    for value, face, votes in ((1, "👍", likes), (-1, "👎", dislikes)):
        # In a group everybody sees the same buttons: how many pressed one, not who.
        mark = CHOSEN if caption.rating == value and caption.votes is None else ""
        count = f" {votes}" if votes else ""
        name = f" {short_title(caption.model)}" if named else ""
        data = RatingButton(job_id=job_id, caption_id=caption.caption_id, value=value)
        row.append(_button(f"{mark}{face}{count}{name}", data.pack()))
    return row


def model_keyboard(user_id: int, current: str) -> InlineKeyboardMarkup:
    """All models or one of them, the current choice marked."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                _button(
                    (CHOSEN if choice == current else "")
                    + (_("All models") if choice == ALL_MODELS else title(choice)),
                    ModelButton(user_id=user_id, choice=choice).pack(),
                )
            ]
            for choice in model_choices()
        ]
    )


def settings_keyboard(person: Person) -> InlineKeyboardMarkup:
    """The choices of each of a person's settings, the current ones marked.

    What there is no choice of is left out.
    """
    attention = {ON: _("👀 Always"), OFF: _("👀 On request")} if attentive_models() else {}
    settings: Sequence[tuple[str, str, Mapping[str, str]]] = (
        (
            "models",
            person.model_choice,
            {
                it: _("All models") if it == ALL_MODELS else short_title(it)
                for it in model_choices()
            },
        ),
        (
            "language",
            person.chosen_language or AUTO,
            {AUTO: _("🌐 Automatic"), **{it: language_name(it) for it in languages()}},
        ),
        ("detail", person.detail, {SHORT: _("Short"), NORMAL: _("Normal"), LONG: _("Detailed")}),
        ("attention", ON if person.shows_attention else OFF, attention),
    )
    rows: list[list[InlineKeyboardButton]] = []
    for name, current, choices in settings:
        buttons = [
            _button(
                (CHOSEN if value == current else "") + text,
                SettingButton(user_id=person.id, name=name, value=value).pack(),
            )
            for value, text in choices.items()
        ]
        rows += [buttons[at : at + IN_A_ROW] for at in range(0, len(buttons), IN_A_ROW)]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def history_keyboard(user_id: int, page: Page) -> InlineKeyboardMarkup:
    """The pages beside this one, which page this is (pressing it redraws it), and writing."""

    def turn(text: str, job_id: int) -> InlineKeyboardButton:
        return _button(text, HistoryButton(user_id=user_id, job_id=job_id).pack())

    turns = [turn(f"{page.number} / {page.total}", page.job_id)]
    if page.newer is not None:
        turns.insert(0, turn("◀️", page.newer))
    if page.older is not None:
        turns.append(turn("▶️", page.older))
    rows = [turns, [write_button(page.job_id)]]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def forget_keyboard(user_id: int) -> InlineKeyboardMarkup:
    """Yes, delete everything; or no."""
    yes = ForgetButton(user_id=user_id, confirmed=1).pack()
    no = ForgetButton(user_id=user_id, confirmed=0).pack()
    return InlineKeyboardMarkup(
        inline_keyboard=[[_button(_("Yes, delete it all"), yes), _button(_("No, keep it"), no)]]
    )


def write_button(job_id: int) -> InlineKeyboardButton:
    """Write a caption of one's own for the photo of a job."""
    return _button(_("✏️ Write a better one"), WriteButton(job_id=job_id).pack())


def pick_keyboard(user_id: int, photos: Sequence[int]) -> InlineKeyboardMarkup:
    """The numbers of an album's photos, given by their jobs, five in a row."""
    numbers = [
        _button(str(number), PickButton(user_id=user_id, job_id=job_id).pack())
        for number, job_id in enumerate(photos, start=1)
    ]
    rows = [numbers[start : start + 5] for start in range(0, len(numbers), 5)]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def prompt_keyboard(user_id: int, correction_id: int | None) -> InlineKeyboardMarkup:
    """Under the question for a caption: withdraw the one that there is, or leave all as it is."""
    row = [_button(_("Cancel"), CancelButton(user_id=user_id).pack())]
    if correction_id is not None:
        row.insert(0, _withdraw_button(correction_id))
    return InlineKeyboardMarkup(inline_keyboard=[row])


def pick_newer_keyboard(user_id: int, job_id: int, newer: int) -> InlineKeyboardMarkup:
    """The photo that was asked about, or the one that came after it, given by their jobs."""
    before = PickButton(user_id=user_id, job_id=job_id).pack()
    last = PickButton(user_id=user_id, job_id=newer).pack()
    row = [_button(_("The one before"), before), _button(_("The last one"), last)]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def replace_keyboard(user_id: int, job_id: int) -> InlineKeyboardMarkup:
    """Whether a text replaces the caption that somebody has written."""
    replace = ReplaceButton(user_id=user_id, job_id=job_id).pack()
    keep = KeepButton(user_id=user_id).pack()
    row = [_button(_("Replace it"), replace), _button(_("Keep it"), keep)]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def written_keyboard(written: Written) -> InlineKeyboardMarkup:
    """Under the confirmation of a caption that somebody wrote."""
    correction_id = written.correction.correction_id
    row = [_withdraw_button(correction_id)]
    if written.former is not None:
        row.insert(0, _button(_("↩️ Undo"), UndoButton(correction_id=correction_id).pack()))
    return InlineKeyboardMarkup(inline_keyboard=[row])


def _withdraw_button(correction_id: int) -> InlineKeyboardButton:
    return _button(_("🗑 Withdraw my caption"), WithdrawButton(correction_id=correction_id).pack())
