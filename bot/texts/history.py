"""The texts of /history."""

from html import escape

from babel.dates import format_date

from bot.i18n import gettext as _
from bot.i18n import translations
from bot.people.history import Page
from bot.texts.answers import cut
from captioning.catalogue import title

MAX_CHARACTERS = 300
"""Of one caption."""
MOST = 1000
"""Of a page: Telegram puts at most 1024 under a picture."""

FACES = {1: " 👍", -1: " 👎", 0: ""}


def page_text(page: Page) -> str:
    """The captions of one photo with the person's ratings, their own caption, and the date."""
    parts = [
        (title(caption.model), FACES[caption.rating], caption.text) for caption in page.captions
    ]
    if page.correction is not None:
        parts.append((_("✏️ Your caption"), "", page.correction))
    date = format_date(page.received_at, "long", locale=translations().current_locale)
    around = len(date) + sum(len(f"{name}{face}\n\n\n") for name, face, _text in parts)
    longest = min(MAX_CHARACTERS, (MOST - around) // max(1, len(parts)))
    shown = [
        f"<b>{escape(name)}</b>{face}\n{escape(cut(text, longest))}" for name, face, text in parts
    ]
    return "\n\n".join([*shown, f"<i>{date}</i>"])


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
