"""What the documents name is there: files, make's targets, settings."""

import re
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
PATH = re.compile(r"(?<![\w./-])(?:bot|captioning|training|migrations|tests|docs)/[\w.*/-]*\w")
TARGET = re.compile(r"`make ([a-z]+)|^make ([a-z]+)", re.MULTILINE)

every_document = pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=lambda path: path.name
)


@every_document
def test_links_lead_to_files(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_are_those_of_files(document: Path) -> None:
    paths = set(PATH.findall(document.read_text(encoding="utf-8")))
    assert sorted(path for path in paths if not any(ROOT.glob(path))) == []


@every_document
def test_make_has_the_targets(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    has = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = TARGET.findall(document.read_text(encoding="utf-8"))
    assert {name for pair in named for name in pair if name} <= has


def test_the_walk_sees_what_is_named() -> None:
    """Or every test here would pass for nothing."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/export.md" in LINK.findall(readme)
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "bot/storage/tables.py" in PATH.findall(contributing)
    assert ("migration", "") in TARGET.findall(contributing)


def test_the_readme_has_every_setting_and_its_default() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    written = {name.lower(): text.strip("`") for name, text in rows}
    assert set(written) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | str | Path):
            assert written[name] == str(field.default)
