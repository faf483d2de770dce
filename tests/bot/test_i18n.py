"""Languages, and the template that translators work from."""

import asyncio
import gettext as gnu
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot import i18n


@pytest.fixture
def esperanto() -> Iterator[None]:
    """A second language, as if it were in bot/locales."""
    catalogue = Catalog(locale="eo")
    catalogue.add("none", "neniu")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    locales = i18n.translations().locales
    locales["eo"] = gnu.GNUTranslations(compiled)
    yield
    del locales["eo"]


def test_english_is_what_the_code_says() -> None:
    assert i18n.gettext("none") == "none"
    assert i18n.gettext("{n} photo", "{n} photos", 1) == "{n} photo"
    assert i18n.gettext("{n} photo", "{n} photos", 5) == "{n} photos"


@pytest.mark.usefixtures("esperanto")
def test_a_language_holds_inside_its_block_only() -> None:
    with i18n.in_language("eo"):
        assert i18n.gettext("none") == "neniu"
    assert i18n.gettext("none") == "none"


@pytest.mark.usefixtures("esperanto")
async def test_two_conversations_at_once_keep_their_languages() -> None:
    async def speak(code: str) -> str:
        with i18n.in_language(code):
            await asyncio.sleep(0)
            return i18n.gettext("none")

    assert await asyncio.gather(speak("eo"), speak("en"), speak("eo")) == ["neniu", "none", "neniu"]


@pytest.mark.usefixtures("esperanto")
@pytest.mark.parametrize(
    ("code", "language"),
    [("eo", "eo"), ("eo-001", "eo"), ("pt-br", "en"), ("?!", "en"), ("", "en"), (None, "en")],
)
def test_an_unknown_language_becomes_english(code: str | None, language: str) -> None:
    assert i18n.language_of(code) == language


def test_the_template_holds_every_text_of_the_code() -> None:
    committed = i18n.TEMPLATE.read_text(encoding="utf-8")
    assert committed == i18n.template(), "Run `make locales` and commit the template."


def test_the_template_is_one_that_translators_can_use() -> None:
    with Path(i18n.TEMPLATE).open("rb") as file:
        ids = {message.id for message in read_po(file) if message.id}
    assert "Which models shall caption your photos?" in ids
    assert any(isinstance(message, tuple) for message in ids), "plurals are kept as such"


def test_a_language_is_added_with_every_text_still_to_translate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)
    monkeypatch.setattr(i18n, "TEMPLATE", tmp_path / "captionbot.pot")
    path = i18n.add("pt-br")
    i18n.rewrite()
    assert path == tmp_path / "pt_BR" / "LC_MESSAGES" / "captionbot.po"
    assert i18n.catalogues() == [path]
    catalogue = i18n.read_catalogue(path)
    assert (str(catalogue.locale), catalogue.num_plurals) == ("pt_BR", 2)
    texts = {message.id for message in i18n.read_catalogue(i18n.TEMPLATE)}
    assert {message.id for message in catalogue} == texts
    assert not any(any(it.string) for it in catalogue if it.id)
    assert path.with_suffix(".mo").is_file()


@pytest.mark.parametrize("language", ["xx", "../x", "", "en", "ru"])
def test_what_is_no_language_or_is_there_is_not_added(language: str) -> None:
    before = i18n.catalogues()
    with pytest.raises(ValueError, match=r"no language|already"):
        i18n.add(language)
    assert i18n.catalogues() == before
