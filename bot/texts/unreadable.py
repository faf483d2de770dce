"""What people send that cannot be captioned, and the texts that say what to send instead."""

from dataclasses import dataclass

from bot.i18n import gettext as _
from bot.queue.failures import Failure
from bot.texts.failures import failure_text


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there is nothing to caption in a message.

    reason:
        too_large         no bot may download it
        format            an image file in a format that is not read, named by `format`
        animation         a GIF, which Telegram makes a short video of
        animated_sticker  a sticker that moves
        video             a video, a round one too
        document          a file that is no image
    """

    reason: str
    format: str = ""
    """As people call it: "TIFF"; empty when nobody knows."""


def unreadable_text(unreadable: Unreadable) -> str:
    """Why something was not captioned and what to send instead, in the current language."""
    texts = {
        "too_large": failure_text(Failure.TOO_LARGE),
        "format": _format_text(unreadable.format),
        "animation": _(
            "I cannot describe moving pictures. Make a screenshot of the best moment "
            "and send it as a photo."
        ),
        "animated_sticker": _(
            "This sticker moves, and I can only describe pictures that stand still. "
            "Send a sticker that does not move, or a photo."
        ),
        "video": _(
            "I cannot describe videos. Make a screenshot of the best moment and send it as a photo."
        ),
        "document": document_text(is_image=False),
    }
    return texts[unreadable.reason]


def document_text(*, is_image: bool) -> str:
    if is_image:
        return _(
            "This picture came as a file. Please send it as a photo: "
            "choose “Photo” (or “Compress the image”) when you attach it."
        )
    return _("I cannot do anything with this file. Send me a photo, and I will describe it.")


def _format_text(name: str) -> str:
    cure = document_text(is_image=True)
    if not name:
        return cure
    return _("I cannot read {format} files.").format(format=name) + " " + cure
