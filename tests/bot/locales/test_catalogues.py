"""The catalogues: whole, fit for Telegram, and the same in both of their formats."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from bot import i18n
from bot.i18n import gettext as _
from bot.i18n import in_language
from bot.texts import access, conversation, corrections, settings

RUSSIAN = i18n.LOCALES / "ru" / "LC_MESSAGES" / "captionbot.po"
TAG = re.compile(r"</?[a-z]+>")
COMMAND = re.compile(r"(?<!\w)/[a-z]+|`[^`]+`")

every_catalogue = pytest.mark.parametrize(
    "path", i18n.catalogues(), ids=lambda path: path.parent.parent.name
)


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> set[tuple[str, str | None]]:
    return {(name, format_) for _, name, format_, _ in Formatter().parse(text) if name is not None}


def differences(message: Message, count: int) -> list[str]:
    """What is wrong with a translation; it has `count` forms when it is a plural."""
    ids, strings = forms(message.id), forms(message.string)
    if len(strings) != (count if len(ids) > 1 else 1) or not all(strings):
        return ["not translated"]
    kinds: dict[str, Callable[[str], object]] = {
        "placeholders": placeholders,
        "tags": lambda text: Counter(TAG.findall(text)),
        "commands": lambda text: set(COMMAND.findall(TAG.sub("", text))),
    }
    return [
        f"other {kind}" for kind, of in kinds.items() for text in strings if of(text) != of(ids[-1])
    ]


def test_russian_is_there() -> None:
    assert RUSSIAN in i18n.catalogues()


@every_catalogue
def test_every_text_is_translated_and_keeps_its_placeholders(path: Path) -> None:
    catalogue = i18n.read_catalogue(path)
    wrong = {}
    for original in i18n.read_catalogue(i18n.TEMPLATE):
        if original.id:
            translated = catalogue.get(original.id)
            found = differences(translated or original, catalogue.num_plurals)
            if found:
                wrong[original.id] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "translation", "found"),
    [
        ("Hi", "", ["not translated"]),
        ("Hi {name}", "Привет {nome}", ["other placeholders"]),
        ("{share:.0%}", "{share}", ["other placeholders"]),
        ("<b>Hi</b>", "<b>Привет<b>", ["other tags"]),
        ("Send /help", "Пришлите /помощь", ["other commands"]),
        (("{n} hour", "{n} hours"), ("{n} час", "{n} часа"), ["not translated"]),
        ("<b>Hi {name}</b>", "<b>Привет, {name}</b>", []),
    ],
)
def test_faulty_translations_are_noticed(
    text: str | tuple[str, str], translation: str | tuple[str, ...], found: list[str]
) -> None:
    assert differences(Message(text, translation), 3) == found


@every_catalogue
def test_the_compiled_catalogue_is_of_the_same_texts(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = {forms(it.id): forms(it.string) for it in read_mo(file) if it.id}
    written = {forms(it.id): forms(it.string) for it in i18n.read_catalogue(path) if it.id}
    assert compiled == written, "Run `make locales` and commit the .mo file too."


def test_texts_are_found_wherever_the_code_has_them() -> None:
    template = i18n.read_catalogue(i18n.TEMPLATE)
    assert template.get("Ratings") is not None, "within an f-string"
    hours = ("Please send the rest again in {n} hour.", "Please send the rest again in {n} hours.")
    assert template.get(hours) is not None, "a plural that ends with a comma"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 подписей"),
        (1, "1 подпись"),
        (2, "2 подписи"),
        (5, "5 подписей"),
        (11, "11 подписей"),
        (21, "21 подпись"),
    ],
)
def test_russian_has_three_plural_forms(n: int, text: str) -> None:
    with in_language("ru"):
        assert _("{n} caption", "{n} captions", n).format(n=n) == text


@pytest.mark.parametrize(
    ("code", "language"), [("ru", "ru"), ("ru-RU", "ru"), ("uk", "en"), ("en-GB", "en")]
)
def test_who_is_spoken_to_in_russian(code: str, language: str) -> None:
    assert i18n.language_of(code) == language


def test_every_language_names_itself() -> None:
    with in_language("ru"):
        assert "по-русски" in settings.language_changed_text()
    assert i18n.language_name("ru") == "Русский"
    assert {"en", "ru"} <= set(i18n.languages())
    names = [i18n.language_name(it) for it in i18n.languages()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", i18n.languages())
def test_telegram_accepts_the_lengths(language: str) -> None:
    with in_language(language):
        answers = [
            access.banned_text(),
            access.not_invited_text(-1001234567890123),
            conversation.error_text("E-0123ABCD"),
            conversation.forgotten_answer_text(),
            conversation.outdated_button_text(),
            settings.language_changed_text(),
            settings.changed_text(),
            settings.own_settings_text(),
        ]
        assert [text for text in answers if len(text) > 200] == []
        assert len(corrections.placeholder()) <= 64
