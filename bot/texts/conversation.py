"""The texts of /start, /help and /model, and of whatever belongs to no concern of its own."""

from html import escape

from bot.i18n import gettext as _
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


# ---- commands ----


def start_text() -> str:
    return _(
        "Hello! Send me a photo, and two neural networks will each describe it in one sentence: "
        "{models}. Rate their captions with 👍 and 👎, so that they can be improved.\n\n"
        "<b>What is stored:</b> your Telegram id and settings, for each photo its identifier at "
        "Telegram and its captions, and what you say about them. The photo itself is deleted as "
        "soon as it has been captioned, and kept only while it is rated or corrected. "
        "/privacy tells more, /forget deletes all of this.\n\n"
        "/help lists what I can do."
    ).format(models=_models())


def help_text() -> str:
    return _(
        "Send me a photo, an image as a file, or a sticker, and I will answer with a caption from "
        "each model. The captions are in English.\n\n"
        "👍 and 👎 under the captions: press again to take a rating back. You can say it better? "
        "Press ✏️, or reply to the captions with your own; begin with the number when there are "
        "several photos.\n\n"
        "In groups I am quiet until a photo's caption mentions me, or somebody replies to a photo "
        "with /caption. In channels and groups, administrators can have every photo described: "
        "/autocaption on\n\n"
        "/settings – which models answer, in how many words, and my language\n"
        "/history – your photos and their captions\n"
        "/model – which models answer: {models}, or both\n"
        "/cancel – write no caption after all\n"
        "/privacy – what is stored about you, and for how long\n"
        "/forget – delete everything I have stored about you\n"
        "/start – what this bot does and what it stores\n"
        "/help – this text"
    ).format(models=_models())


def model_question_text() -> str:
    return _("Which models shall caption your photos?")


def choice_text(choice: str) -> str:
    """Confirms a choice of models; `choice` is "both" or a model's name."""
    if choice == "both":
        return _("Both models will caption your photos.")
    return _("{model} will caption your photos.").format(model=title(choice))


def _models() -> str:
    return _(" and ").join(escape(name) for name in MODELS.values())


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
