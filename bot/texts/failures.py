"""The words for each reason why a photo got no caption."""

from dataclasses import dataclass

from bot.i18n import gettext as _
from bot.queue.downloads import MAX_FILE_BYTES
from bot.queue.failures import Failure

MAX_NAME = 24
"""Characters of a reason that this version does not know."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said about a failure: in /stats, and to the person who sent the photo."""

    name: str
    told: str | None = None
    """None where nobody can be told, or where there is nothing to do but to try again."""


def failure_text(code: str, job_id: int | None = None) -> str:
    """Why a photo got no caption, for the person who sent it; `code` is that of a `Failure`.

    When the reason is an unexpected error, the id of the job is told: the log has it too.
    """
    words = _words().get(code)
    if words is not None and words.told is not None:
        return words.told
    text = _(
        "I could not caption this photo, although I tried several times. Please send it again."
    )
    if job_id is None:
        return text
    told = _("If that does not help, tell the person who runs this bot the number {reference}.")
    return f"{text} {told.format(reference=f'J{job_id}')}"


def failure_name(code: str) -> str:
    """The same in a few words, for /stats; the start of a code that no `Failure` has, as it is."""
    words = _words().get(code)
    return code[:MAX_NAME] if words is None else words.name


def _words() -> dict[str, Words]:
    return {
        Failure.TOO_LARGE: Words(
            _("file too large"),
            _(
                "This file is larger than {size} MB, and bots cannot download more. "
                "Send it as a photo instead, so that Telegram makes it smaller."
            ).format(size=MAX_FILE_BYTES // 2**20),
        ),
        Failure.BAD_IMAGE: Words(
            _("unreadable image"),
            _(
                "I could not read this image: it is damaged, or in a format I do not know. "
                "Please send it again as a photo."
            ),
        ),
        Failure.UNSUPPORTED_VARIANT: Words(
            _("unreadable kind of image"),
            _(
                "Your image is not damaged, but of a rare kind that I cannot read. "
                "Send it as a photo instead, or save it as an ordinary JPEG or PNG first."
            ),
        ),
        Failure.TOO_MANY_PIXELS: Words(
            _("too many pixels"),
            _(
                "This image has more pixels than I can read. "
                "Send it as a photo instead, so that Telegram makes it smaller."
            ),
        ),
        Failure.DOWNLOAD: Words(
            _("not downloadable"),
            _("I could not download this photo from Telegram. Please send it again in a while."),
        ),
        Failure.CAPTIONING: Words(_("the models failed")),
        Failure.INTERRUPTED: Words(_("cut off too often")),
        Failure.BLOCKED: Words(_("blocked by the person")),
        Failure.UNREACHABLE: Words(_("the chat is unreachable")),
        Failure.BANNED: Words(_("sender or chat banned")),
    }
