"""The texts of the page without Telegram: plain text, which is never taken for HTML."""

from collections.abc import Mapping

from bot.i18n import gettext as _
from bot.queue.downloads import MAX_FILE_BYTES
from bot.queue.failures import Failure
from captioning.images import MIME_TYPES

_MEGABYTES = MAX_FILE_BYTES // 2**20


def page_texts(retention_days: int | None) -> Mapping[str, str]:
    """What the page says, by the names that its code has for it.

    Args:
        retention_days: for how long rated photos are kept; None for as long as they are rated.
    """
    return {
        "title": _("What is in this photo?"),
        "intro": _(
            "Neural networks describe it in English, each in its own words. "
            "Tell them where they are right."
        ),
        "drop": _("Drop photos here"),
        "choose": _("Choose photos"),
        "kinds": _(
            "JPEG, PNG, WebP, GIF, HEIC and AVIF, up to {size} MB; pasting works too"
        ).format(size=_MEGABYTES),
        "sending": _("Sending…"),
        "looking": _("Looking at your photo…"),
        "waiting": _("Photos before yours: {n}"),
        "sure": _("{percent} % likely to fit"),
        "unsure": _("This may well be wrong."),
        "look": _("Point at a word to see where the network looked."),
        "up": _("Right"),
        "down": _("Wrong"),
        "copy": _("Copy"),
        "copied": _("Copied"),
        "write": _("Write a better one"),
        "own": _("Your caption, in English"),
        "example": _("A dog runs along a beach."),
        "save": _("Save"),
        "cancel": _("Cancel"),
        "yours": _("Your caption"),
        "change": _("Change"),
        "delete": _("Delete"),
        "remove": _("Forget this photo"),
        "privacy": _privacy(retention_days),
        "forget": _("Delete everything of mine"),
        "forget_sure": _("Delete all your photos, ratings and captions?"),
        "forgotten": _("Everything of yours is deleted."),
        "offline": _("The page cannot reach its server. Try again in a moment."),
        "retry": _("Try again"),
    }


def _privacy(retention_days: int | None) -> str:
    text = _(
        "Photos are looked at in memory and forgotten after an hour. Only those that you rate or "
        "correct are kept, without their metadata, so that the networks can learn from them. How "
        "many photos came from your address is counted for a day."
    )
    if retention_days is None:
        return text
    return (
        text
        + " "
        + _(
            "What is kept goes after {days} day.",
            "What is kept goes after {days} days.",
            retention_days,
        ).format(days=retention_days)
    )


def failed_text(failure: Failure) -> str:
    """Why a photo has no captions."""
    texts = {
        Failure.BAD_IMAGE: _(
            "This image cannot be read: it is damaged, or in a format that is not known here."
        ),
        Failure.TOO_MANY_PIXELS: _("This image has too many pixels. Make it smaller."),
    }
    return texts.get(failure) or _("This photo could not be captioned. Try it once more.")


def too_large_text() -> str:
    return _("A photo can have {size} MB at most. Make it smaller.").format(size=_MEGABYTES)


def too_busy_text() -> str:
    return _("Too many photos are waiting here just now. Try again in a minute.")


def too_fast_text(seconds: int) -> str:
    """`seconds` after which it goes on."""
    return _(
        "That was a lot at once. Try again in {n} second.",
        "That was a lot at once. Try again in {n} seconds.",
        seconds,
    ).format(n=seconds)


def gone_text() -> str:
    return _("This photo is no longer here. Send it again.")


def stale_page_text() -> str:
    return _("This page is too old, or your browser keeps no cookies. Load it again.")


def not_now_text() -> str:
    return _("Nothing can be stored just now. Try again in a moment.")


def accepted_kinds() -> str:
    """What the browser offers to choose from."""
    return ",".join(sorted(MIME_TYPES | {".heic", ".heif", ".avif"}))
