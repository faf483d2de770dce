"""The texts of the answer to a photo or album, and of what belongs to it: placeholder, picture,
other wordings."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from bot.i18n import enumeration
from bot.i18n import gettext as _
from bot.queue.answers import ShownAnswer, ShownCaption
from bot.texts.failures import failure_text
from captioning.catalogue import attentive_models, short_title, title

LONG_WAIT = timedelta(seconds=10)
"""A shorter one is not worth an estimate."""

LONGEST = 150
MOST_OF_ALBUM = 3000
"""Characters of a caption, and of all together, in an album's answer: it is one message."""

UNSURE_MARK = " 🤔"
"""Behind a caption that may well be wrong, where there is no room for words."""


# ---- the answer ----


def answer_text(shown: Sequence[ShownCaption]) -> str:
    """The captions, each under the name of its model."""
    parts = [f"<b>{escape(title(caption.model))}</b>\n{escape(caption.text)}" for caption in shown]
    if any(caption.is_unsure for caption in shown):
        parts.append(_unsure_text(shown))
    return "\n\n".join(parts)


def _unsure_text(shown: Sequence[ShownCaption]) -> str:
    """Says which captions are guesses, and asks for a better one."""
    names = [short_title(caption.model) for caption in shown if caption.is_unsure]
    if len(names) == len(shown):
        told = _("🤔 I am not sure about this one. Can you say it better?")
    else:
        told = _(
            "🤔 {models} is not sure about this one. Can you say it better?",
            "🤔 {models} are not sure about this one. Can you say it better?",
            len(names),
        ).format(models=escape(enumeration(names)))
    return f"<i>{told}</i>"


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


def album_text(answers: Sequence[ShownAnswer]) -> str:
    """A numbered list with the captions of each photo, or why it has none."""
    shown = [caption for answer in answers for caption in answer.captions]
    longest = min(LONGEST, MOST_OF_ALBUM // max(1, len(shown)))
    models = {caption.model for caption in shown}
    if len(models) == 1:
        heading = f"<b>{escape(title(*models))}</b>\n"
        lines = [_alone(it.captions[0], longest) if it.captions else _failure(it) for it in answers]
        return heading + "\n".join(
            f"{number}. {line}" for number, line in enumerate(lines, start=1)
        )
    lines = [
        "\n".join(_line(caption, longest) for caption in answer.captions) or _failure(answer)
        for answer in answers
    ]
    return "\n\n".join(f"<b>{number}.</b> {line}" for number, line in enumerate(lines, start=1))


def alt_text(answers: Sequence[ShownAnswer]) -> str:
    """The captions as alternative texts: without models, in an album with numbers."""
    captions = [answer.captions[0].text if answer.captions else "" for answer in answers]
    if len(captions) == 1:
        return f"🖼 {escape(captions[0])}"
    numbered = [
        f"{n}. {escape(cut(text, LONGEST))}" for n, text in enumerate(captions, start=1) if text
    ]
    return "\n".join(("🖼", *numbered))


# ---- what belongs to it ----


def drawing_text() -> str:
    """Answers the press while the picture is being made."""
    return _("🔍 One moment, I am drawing it…")


def look_text(model: str) -> str:
    """Stands under the picture of where a model looked."""
    return _(
        "<b>Where {model} looked</b>\nOne picture for each word: the brighter and more yellow a "
        "place, the more it mattered for that word."
    ).format(model=escape(title(model)))


def no_attention_text() -> str:
    """There is no such picture. At most 200 characters."""
    names = [short_title(name) for name in attentive_models()]
    if not names:
        return _("No model tells where it looked.")
    return _(
        "Only {models} tells where it looked, and its caption is not here.",
        "Only {models} tell where they looked, and their captions are not here.",
        len(names),
    ).format(models=enumeration(names))


def drawing_failed_text() -> str:
    return _(
        "I could not draw where the model looked: the photo can no longer be downloaded from "
        "Telegram. Please send it again."
    )


def drawing_later_text() -> str:
    return _(
        "I could not download the photo from Telegram to draw where the model looked. "
        "Please press the button again in a minute."
    )


def pictures_forbidden_text() -> str:
    """Instead of the picture of where a model looked, where Telegram does not take it."""
    return _(
        "Telegram does not let me send pictures here, so I cannot show where the model looked."
    )


def sent_already_text() -> str:
    """After a second press on a button whose message is on its way or just arrived."""
    return _("It is on its way or here already, just below.")


def doubt_text() -> str:
    """When the bot was cut off while it sent an answer: it must not come twice unasked."""
    return _(
        "I was interrupted while I was sending the answer, and do not know whether it has arrived. "
        "If you do not see it, press the button."
    )


def answer_is_here_text() -> str:
    """After a second press on the button below that."""
    return _("The answer is here already.")


def wordings_text(shown: Sequence[ShownCaption]) -> str:
    """What the models would have said next, the best first, each model under its name."""
    parts = [_("<b>Other wordings</b>")]
    for caption in shown:
        if caption.alternatives:
            lines = "\n".join(f"• {escape(wording)}" for wording in caption.alternatives)
            parts.append(f"<i>{escape(title(caption.model))}</i>\n{lines}")
    return "\n\n".join(parts)


def no_wordings_text() -> str:
    return _("I have no other wordings for this photo.")


def _waiting(wait: timedelta) -> str:
    minutes = round(wait / timedelta(minutes=1))
    if wait < timedelta(seconds=90):
        seconds = 10 * round(wait / timedelta(seconds=10))
        text = _("That takes about {n} second.", "That takes about {n} seconds.", seconds)
        return text.format(n=seconds)
    text = _("That takes about {n} minute.", "That takes about {n} minutes.", minutes)
    return text.format(n=minutes)


def _alone(caption: ShownCaption, longest: int) -> str:
    return escape(cut(caption.text, longest)) + (UNSURE_MARK if caption.is_unsure else "")


def _line(caption: ShownCaption, longest: int) -> str:
    return f"<i>{escape(short_title(caption.model))}:</i> {_alone(caption, longest)}"


def cut(text: str, longest: int) -> str:
    """A text that is not longer than so many characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _failure(answer: ShownAnswer) -> str:
    return f"⚠️ {failure_text(answer.failure or '')}"
