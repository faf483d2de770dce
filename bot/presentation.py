"""The texts around a photo, in Telegram's HTML. All of them in the current language."""

from collections.abc import Sequence
from html import escape

from bot.answers import ShownCaption
from bot.i18n import gettext as _
from bot.keyboards import title

MAX_DOWNLOAD_MB = 20
"""Telegram lets a bot download files up to this size."""


def answer_text(shown: Sequence[ShownCaption]) -> str:
    """The captions, each under the name of its model."""
    return "\n\n".join(
        f"<b>{escape(title(caption.model))}</b>\n{escape(caption.text)}" for caption in shown
    )


def placeholder_text(place: int) -> str:
    """What stands where the answer will be; `place` is the photo's place in the queue, from 1."""
    return _("🔎 Looking at your photo… Place in the queue: {place}.").format(place=max(1, place))


def failure_text(reason: str) -> str:
    """Why a photo got no caption, for the person who sent it; `reason` is a job's failure code."""
    texts = {
        "too_large": _(
            "This file is larger than {size} MB, which is the most a bot may download. "
            "Send it as a photo instead: Telegram makes it smaller."
        ).format(size=MAX_DOWNLOAD_MB),
        "bad_image": _(
            "I could not read this image: it is damaged, or in a format I do not know. "
            "Please send it again as a photo."
        ),
        "download": _(
            "I could not download this photo from Telegram. Please send it again in a while."
        ),
    }
    return texts.get(
        reason,
        _("I could not caption this photo, although I tried several times. Please send it again."),
    )
