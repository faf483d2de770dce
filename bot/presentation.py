"""The texts of the conversation, in Telegram's HTML, each in the current language."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from bot.answers import ShownCaption
from bot.i18n import gettext as _
from bot.privacy import Forgotten
from captioning import MODELS
from captioning.catalogue import title

MAX_DOWNLOAD_MB = 20
"""Telegram lets a bot download files up to this size."""

LONG_WAIT = timedelta(seconds=10)
"""A shorter one is not worth an estimate."""


# ---- a photo ----


def answer_text(shown: Sequence[ShownCaption]) -> str:
    """The captions, each under the name of its model."""
    return "\n\n".join(
        f"<b>{escape(title(caption.model))}</b>\n{escape(caption.text)}" for caption in shown
    )


def placeholder_text(place: int, wait: timedelta | None = None, *, is_album: bool = False) -> str:
    """What stands where the answer will be.

    `place` is the photo's place in the queue, from 1; it is told when others are before it, and
    with it the time it takes, when that is long.
    """
    looking = _("🔎 Looking at your photos…") if is_album else _("🔎 Looking at your photo…")
    if place <= 1:
        return looking
    told = [looking, _("Place in the queue: {place}.").format(place=place)]
    if wait is not None and wait >= LONG_WAIT:
        told.append(_waiting(wait))
    return " ".join(told)


def _waiting(wait: timedelta) -> str:
    minutes = round(wait / timedelta(minutes=1))
    if wait < timedelta(seconds=90):
        seconds = 10 * round(wait / timedelta(seconds=10))
        text = _("That takes about {n} second.", "That takes about {n} seconds.", seconds)
        return text.format(n=seconds)
    text = _("That takes about {n} minute.", "That takes about {n} minutes.", minutes)
    return text.format(n=minutes)


def failure_text(reason: str, job_id: int | None = None) -> str:
    """Why a photo got no caption, for the person who sent it; `reason` is a job's failure code.

    When the reason is an unexpected error, the id of the job is told: the log has it too.
    """
    texts = {
        "too_large": _(
            "This file is larger than {size} MB, and bots cannot download more. "
            "Send it as a photo instead, so that Telegram makes it smaller."
        ).format(size=MAX_DOWNLOAD_MB),
        "bad_image": _(
            "I could not read this image: it is damaged, or in a format I do not know. "
            "Please send it again as a photo."
        ),
        "too_many_pixels": _(
            "This image has more pixels than I can read. "
            "Send it as a photo instead, so that Telegram makes it smaller."
        ),
        "download": _(
            "I could not download this photo from Telegram. Please send it again in a while."
        ),
    }
    if reason in texts:
        return texts[reason]
    text = _(
        "I could not caption this photo, although I tried several times. Please send it again."
    )
    if job_id is None:
        return text
    told = _("If that does not help, tell the person who runs this bot the number {reference}.")
    return f"{text} {told.format(reference=f'J{job_id}')}"


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


def forget_question_text() -> str:
    return _(
        "Delete everything I have stored about you: your photos and their captions, your ratings, "
        "the captions you wrote and your settings? Photos that are waiting for a caption will not "
        "get one. "
        "This cannot be undone."
    )


def forgotten_text(forgotten: Forgotten) -> str:
    """What /forget has deleted."""
    photos, captions, ratings = forgotten.photos, forgotten.captions, forgotten.ratings
    corrections = forgotten.corrections
    parts = [
        text.format(n=count)
        for count, text in (
            (photos, _("{n} photo", "{n} photos", photos)),
            (captions, _("{n} caption", "{n} captions", captions)),
            (ratings, _("{n} rating", "{n} ratings", ratings)),
            (corrections, _("{n} correction", "{n} corrections", corrections)),
        )
        if count
    ]
    if not parts:
        return _("Deleted: your settings. Nothing about you is stored any more.")
    return _("Deleted: {list}, and your settings. Nothing about you is stored any more.").format(
        list=", ".join(parts)
    )


# ---- whatever else is sent ----


def plain_text_text() -> str:
    return _("I only understand photos. Send me one, and I will describe it. /help tells more.")


def unknown_command_text() -> str:
    return _("I do not know this command. /help lists those I know.")


def document_text(*, is_image: bool) -> str:
    if is_image:
        return _(
            "This picture came as a file. Please send it as a photo: "
            "choose “Photo” (or “Compress the image”) when you attach it."
        )
    return _("I cannot do anything with this file. Send me a photo, and I will describe it.")


def not_a_photo_text() -> str:
    return _("I can only describe photos. Send me one as a photo.")


def error_text(reference: str) -> str:
    """After an unexpected error; `reference` is in the log too. At most 200 characters."""
    return _(
        "Sorry, something went wrong on my side. Please try again; "
        "if it keeps happening, tell the person who runs this bot the number {reference}."
    ).format(reference=reference)
