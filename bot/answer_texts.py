"""The texts around an answer's pictures and other wordings, in the current language."""

from collections.abc import Sequence
from html import escape

from bot.answers import ShownCaption
from bot.i18n import gettext as _
from captioning.catalogue import title


def drawing_text() -> str:
    """Answers the press while the picture is being made."""
    return _("🔍 One moment, I am drawing it…")


def look_text(model: str) -> str:
    """Stands under the picture of where a model looked."""
    return _(
        "<b>Where {model} looked</b>\nOne picture for each word: the brighter and more yellow a "
        "place, the more it mattered for that word."
    ).format(model=escape(title(model)))


def no_attention_text(model: str) -> str:
    """There is no such picture; `model` would have one."""
    return _("Only {model} knows where it looked, and its caption is not here.").format(
        model=title(model)
    )


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
