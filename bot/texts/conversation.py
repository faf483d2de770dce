"""The texts of /start, /help and /model, and of whatever belongs to no concern of its own."""

from html import escape

from bot.i18n import enumeration
from bot.i18n import gettext as _
from bot.people.users import ALL_MODELS, model_choices
from captioning import MODELS
from captioning.catalogue import title

# ---- presses ----


def rating_text(value: int) -> str:
    """What a press on 👍 or 👎 led to; `value` is the rating now, 0 when taken back."""
    if value > 0:
        return _("👍 Thank you!")
    if value < 0:
        return _("👎 Thank you, noted.")
    return _("Your rating is taken back.")


def forgotten_answer_text() -> str:
    return _(
        "I no longer know this answer: its data were deleted. Send the photo again to rate it."
    )


def outdated_button_text() -> str:
    return _("This button no longer works. Send a photo, or /help.")


def for_administrators_text() -> str:
    return _("This button is for the people who run this bot.")


# ---- commands ----


def start_text() -> str:
    hello = _(
        "Hello! Send me a photo, and a neural network will describe it in one sentence: {models}. "
        "Rate its captions with 👍 and 👎, so that they can be improved.",
        "Hello! Send me a photo, and neural networks will each describe it in one sentence: "
        "{models}. Rate their captions with 👍 and 👎, so that they can be improved.",
        len(MODELS),
    ).format(models=_models())
    stored = _(
        "<b>What is stored:</b> your Telegram id and settings, for each photo its identifier at "
        "Telegram and its captions, and what you say about them. The photo itself is deleted as "
        "soon as it has been captioned, and kept only while it is rated or corrected. "
        "/privacy tells more, /forget deletes all of this."
    )
    return "\n\n".join((hello, stored, _("/help lists what I can do.")))


def group_start_text(name: str) -> str:
    """/start in a group, where the bot has this user name."""
    return _(
        "Hello! In this group I describe a photo when its caption mentions me (@{name}), or when "
        "somebody replies to it with /caption, and I store nothing of all else. Administrators "
        "can have every photo described: /autocaption on. /privacy tells what I store."
    ).format(name=name)


def help_text() -> str:
    what = _(
        "Send me a photo, an image as a file, or a sticker, and I will answer with a caption. "
        "The captions are in English.",
        "Send me a photo, an image as a file, or a sticker, and I will answer with a caption from "
        "each model. The captions are in English.",
        len(MODELS),
    )
    how = _(
        "👍 and 👎 under the captions: press again to take a rating back. You can say it better? "
        "Press ✏️, or reply to the captions with your own; begin with the number when there are "
        "several photos.\n\n"
        "In groups I am quiet until a photo's caption mentions me, or somebody replies to a photo "
        "with /caption. In channels and groups, administrators can have every photo described: "
        "/autocaption on"
    )
    return "\n\n".join((what, how, "\n".join(_command_lines())))


def _command_lines() -> list[str]:
    lines = [
        _("/history – your photos and their captions"),
        _("/cancel – write no caption after all"),
        _("/privacy – what is stored about you, and for how long"),
        _("/forget – delete everything I have stored about you"),
        _("/start – what this bot does and what it stores"),
        _("/help – this text"),
    ]
    if not model_choices():
        return [_("/settings – in how many words I answer, and my language"), *lines]
    lines.insert(1, _("/model – which of the models answer: {models}").format(models=_models()))
    return [_("/settings – which models answer, in how many words, and my language"), *lines]


def model_question_text() -> str:
    return _("Which models shall caption your photos?")


def only_model_text() -> str:
    """Answers /model where there is nothing to choose."""
    return _("There is one model, which captions all photos: {model}.").format(model=_models())


def choice_text(choice: str) -> str:
    """Confirms a choice of models; `choice` is ALL_MODELS or a model's name."""
    if choice == ALL_MODELS:
        return _("All models will caption your photos.")
    return _("{model} will caption your photos.").format(model=title(choice))


def _models() -> str:
    return escape(enumeration(list(MODELS.values())))


# ---- whatever else is sent ----


def plain_text_text() -> str:
    return _("I only understand photos. Send me one, and I will describe it. /help tells more.")


def unknown_command_text() -> str:
    return _("I do not know this command. /help lists those I know.")


def not_a_photo_text() -> str:
    return _("I can only describe photos. Send me one as a photo.")


def error_text(reference: str) -> str:
    """After an unexpected error; `reference` is in the log too. At most 200 characters."""
    return _(
        "Sorry, something went wrong on my side. Please try again; "
        "if it keeps happening, tell the person who runs this bot the number {reference}."
    ).format(reference=reference)
