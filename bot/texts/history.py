"""The texts of /history."""

from html import escape

from babel.dates import format_date

from bot.i18n import gettext as _
from bot.i18n import translations
from bot.people.history import Page
from captioning.catalogue import title

MAX_CHARACTERS = 300
"""Of one caption; Telegram puts at most 1024 under a picture."""

FACES = {1: " 👍", -1: " 👎", 0: ""}


def page_text(page: Page) -> str:
    """The captions of one photo with the person's ratings, their own caption, and the date."""
    parts = [
        _part(title(caption.model), FACES[caption.rating], caption.text)
        for caption in page.captions
    ]
    if page.correction is not None:
        parts.append(_part(_("✏️ Your caption"), "", page.correction))
    locale = translations().current_locale
    parts.append(f"<i>{format_date(page.received_at, 'long', locale=locale)}</i>")
    return "\n\n".join(parts)


def picture_gone_text() -> str:
    """Stands above a page whose picture cannot be shown."""
    return _("(Telegram does not show this picture here.)")


def empty_text() -> str:
    return _("You have no captions yet. Send me a photo, and I will describe it.")


def private_only_text() -> str:
    """In a group, where others would see one's photos."""
    return _("Your photos are nobody else's business: send me /history in our private chat.")


def own_history_text() -> str:
    """To somebody who presses a button of another person's history."""
    return _("Send /history to see your own captions.")


def _part(name: str, face: str, text: str) -> str:
    shown = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
    return f"<b>{escape(name)}</b>{face}\n{escape(shown)}"
