"""The gallery's pages, without a browser; tests/e2e/test_gallery.py looks at one."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from captioning.library.gallery import write_gallery
from captioning.library.records import Record, Said

TITLES = {"small": "Small <one>"}


def record(number: int, text: str = "A dog.", confidence: float | None = 0.5) -> Record:
    said = Said("small", "1.0", text, ("a",), -1.0, confidence)
    return Record(f"photos/{number}.jpg", (said,), thumbnail="dGh1bWI=", size=(4, 3))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where names of photos begin."""
    monkeypatch.chdir(tmp_path)


class Page(HTMLParser):
    """Links and text of a page, and the tags that were opened."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_needs_no_other_file(tmp_path: Path) -> None:
    (path,) = write_gallery(tmp_path / "g.html", [record(1)], TITLES)
    others = {link for link in Page(path).links if not link.startswith("data:")}
    assert others == {"photos/1.jpg"}


def test_names_and_captions_are_never_markup(tmp_path: Path) -> None:
    name = "photos/<img src=x onerror=alert(1)> & {title} 100%.jpg"
    said = Said("small", "1.0", "<script>alert(1)</script>", ("a",), -1.0, 0.5)
    (path,) = write_gallery(
        tmp_path / "g.html",
        [
            Record(name, (said,), thumbnail="dGh1bWI=", size=(4, 3)),
            Record("</script>.jpg", error="<b>bad</b>"),
        ],
        TITLES,
    )
    page = Page(path)
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 2  # the thumbnail, and the place of the large photo
    assert "b" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert "<img src=x onerror=alert(1)> & {title} 100%.jpg" in page.text
    assert "Small <one>" in page.text
    assert (
        "photos/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%20%26%20%7Btitle%7D%20100%25.jpg"
        in (page.links)
    )


def test_a_large_library_has_several_pages(tmp_path: Path) -> None:
    path = tmp_path / "g.html"
    pages = write_gallery(path, (record(number) for number in range(5)), TITLES, photos_per_page=2)
    assert [page.name for page in pages] == ["g.html", "g-2.html", "g-3.html"]
    assert [Page(page).tags.count("li") for page in pages] == [2, 2, 1]
    to_pages = [[link for link in Page(page).links if link.startswith("g")] for page in pages]
    assert to_pages == [["g-2.html"], ["g.html", "g-3.html"], ["g-2.html"]]
    write_gallery(path, [record(1)], TITLES, photos_per_page=2)
    assert [page.name for page in tmp_path.iterdir()] == ["g.html"]


@pytest.mark.parametrize(("confidence", "told"), [(0.914, "91 %"), (None, "")])
def test_says_how_sure_a_model_is(tmp_path: Path, confidence: float | None, told: str) -> None:
    (path,) = write_gallery(tmp_path / "g.html", [record(1, confidence=confidence)], TITLES)
    card = path.read_text(encoding="utf-8").partition("<figcaption>")[2].partition("</figcaption>")
    assert ("%" in card[0]) is bool(told)
    assert told in card[0]
