"""Which language a text is in.

Every text that a person reads is written in English in the code and passed through `gettext`:

    from bot.i18n import gettext as _

    _("Hello")                                  # one text
    _("{n} photo", "{n} photos", n).format(n=n)  # a plural: the number is given twice

The catalogues are in `bot/locales`, in gettext's own format, the domain is `captionbot`.
Babel (a dependency of the bot) maintains them; `python -m bot.i18n` rewrites the template,
`bot/locales/captionbot.pot`, from the texts in the code. A language is added with

    pybabel init    -i bot/locales/captionbot.pot -d bot/locales -D captionbot -l ru
    pybabel update  -i bot/locales/captionbot.pot -d bot/locales -D captionbot
    pybabel compile -d bot/locales -D captionbot

and every language found there is offered to the people who use it in Telegram.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from aiogram.utils.i18n import I18n
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

DOMAIN = "captionbot"
DEFAULT_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"

# By the number of arguments: which of them are texts. (`_` with two is no plural: n is missing.)
KEYWORDS: Mapping[str, Any] = {"_": {1: (1,), 3: (1, 2)}}
HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: captionbot\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


@cache
def translations() -> I18n:
    """The catalogues, read once."""
    return I18n(path=LOCALES, default_locale=DEFAULT_LANGUAGE, domain=DOMAIN)


def gettext(singular: str, plural: str | None = None, n: int = 1) -> str:
    """`singular` in the current language, or its plural form for `n` when `plural` is given."""
    return translations().gettext(singular, plural, n)


def languages() -> tuple[str, ...]:
    """The languages that we speak, by their codes."""
    others = sorted(set(translations().available_locales) - {DEFAULT_LANGUAGE})
    return (DEFAULT_LANGUAGE, *others)


def language_name(language: str) -> str:
    """A language's name in itself, as "Русский"."""
    name = Locale.parse(language, sep="-").get_language_name() or language
    return name[:1].upper() + name[1:]


def language_of(language_code: str | None) -> str:
    """The language we speak to a person whose Telegram is in `language_code` ("ru", "pt-br")."""
    if not language_code:
        return DEFAULT_LANGUAGE
    try:
        locale = Locale.parse(language_code, sep="-")
    except (ValueError, UnknownLocaleError):
        return DEFAULT_LANGUAGE
    for candidate in (str(locale), locale.language):
        if candidate in translations().available_locales:
            return candidate
    return DEFAULT_LANGUAGE


@contextmanager
def in_language(language_code: str | None) -> Iterator[None]:
    """Inside this block `gettext` speaks the language of a person's `language_code`."""
    with translations().use_locale(language_of(language_code)):
        yield


def template() -> str:
    """The translators' template: every text of the package, with where it is used."""
    catalogue = Catalog(project="captionbot", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        str(LOCALES.parent),
        method_map=[("**.py", "python")],
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
    )
    for filename, line, message, comments, context in sorted(found, key=lambda m: (m[0], m[1])):
        catalogue.add(
            message, locations=[(f"bot/{filename}", line)], auto_comments=comments, context=context
        )
    out = BytesIO()
    # Neither dates, versions nor line numbers: the file changes only when a text does.
    write_po(out, catalogue, omit_header=True, include_lineno=False, width=100)
    return HEADER + out.getvalue().decode()


if __name__ == "__main__":
    TEMPLATE.write_text(template(), encoding="utf-8")
