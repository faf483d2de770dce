"""Which language a text is in.

Every text that a person reads is written in English in the code and passed through `gettext`:

    from bot.i18n import gettext as _

    _("Hello")                                  # one text
    _("{n} photo", "{n} photos", n).format(n=n)  # a plural: the number is given twice

The catalogues are in `bot/locales`, in gettext's own format, the domain is `captionbot`.
`make locales` rewrites the template, `bot/locales/captionbot.pot`, from the texts in the code, adds
new texts to the catalogues (.po), and compiles these (.mo). The compiled ones are committed too: a
fresh clone and the wheel speak every language without a further step. `make locales ADD=de` adds a
language, and every language found there is offered to the people who use it in Telegram.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from aiogram.utils.i18n import I18n
from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DOMAIN = "captionbot"
DEFAULT_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"

HEADER = (
    "Project-Id-Version: captionbot",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
)


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


def enumeration(items: Sequence[str]) -> str:
    """ "A, B, and C" in the current language."""
    return format_list(items, locale=translations().current_locale)


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
    package = Path(__file__).parent
    modules = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    for name, path in sorted(modules.items()):
        used = f"{package.name}/{name}"
        for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            catalogue.add(text, locations=[(used, 0)])
    return _written(catalogue, HEADER)


def catalogues() -> list[Path]:
    """The files that translators write, one for each language but English."""
    return sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read_catalogue(path: Path) -> Catalog:
    """The texts of a .po file or of the template."""
    with path.open("rb") as file:
        return read_po(file, charset="utf-8")


def compiled(catalogue: Catalog) -> bytes:
    """A catalogue in the format that gettext reads, a .mo file."""
    catalogue.creation_date = datetime(2000, 1, 1, tzinfo=UTC)  # else every run makes another file
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def add(language: str) -> Path:
    """Begin the catalogue of another language, named as in "de" or "pt_BR".

    Raises:
        ValueError: there is no such language, or its catalogue is there already.
    """
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{language!r} is no language that Babel knows: {error}") from error
    path = LOCALES / str(locale) / "LC_MESSAGES" / f"{DOMAIN}.po"
    if path.exists() or str(locale) == DEFAULT_LANGUAGE:
        raise ValueError(f"The bot speaks {language} already")
    path.parent.mkdir(parents=True)
    _write(Catalog(locale=locale), path)
    return path


def rewrite() -> None:
    """Bring the template up to date with the code, and the catalogues with the template.

    New texts are added to the catalogues without a translation, and those that are no longer in
    the code are taken out. Files change only when a text does.
    """
    TEMPLATE.write_text(template(), encoding="utf-8")
    for path in catalogues():
        catalogue = read_catalogue(path)
        catalogue.update(read_catalogue(TEMPLATE), no_fuzzy_matching=True)
        _write(catalogue, path)
        path.with_suffix(".mo").write_bytes(compiled(catalogue))


def _write(catalogue: Catalog, path: Path) -> None:
    language = (f"Language: {catalogue.locale}", f"Plural-Forms: {catalogue.plural_forms}")
    path.write_text(_written(catalogue, HEADER + language), encoding="utf-8")


def _texts(module: ast.Module) -> list[str | tuple[str, str]]:
    """The texts that a module passes to `_`, in their order.

    Read from the syntax tree, because Babel's own reader overlooks the texts within f-strings,
    and plurals that end with a comma.
    """
    found: list[tuple[int, int, str | tuple[str, str]]] = []
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]):
                found.append((node.lineno, node.col_offset, text))
            case ast.Call(
                func=ast.Name(id="_"),
                args=[ast.Constant(value=str(text)), ast.Constant(value=str(plural)), _],
            ):
                found.append((node.lineno, node.col_offset, (text, plural)))
    return [text for _line, _column, text in sorted(found, key=lambda it: it[:2])]


def _written(catalogue: Catalog, header: Iterable[str]) -> str:
    """A catalogue as text. It has neither dates, versions nor line numbers."""
    out = BytesIO()
    write_po(
        out, catalogue, omit_header=True, include_lineno=False, ignore_obsolete=True, width=100
    )
    lines = ['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in header)]
    return "\n".join(lines) + "\n\n" + out.getvalue().decode()


if __name__ == "__main__":
    try:
        for code in sys.argv[1:]:
            print(add(code))
    except ValueError as error:
        sys.exit(str(error))
    rewrite()
