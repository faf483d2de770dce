"""The gallery of `caption --out FILE.html` in a real browser."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from browsers import NEEDS_BROWSER, open_page
from PIL import Image

from captioning.library.gallery import write_gallery
from captioning.library.records import Record, Said

playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright_api.expect
pytestmark = NEEDS_BROWSER

CAPTIONS = [("A dog runs.", 0.9), ("A cat sleeps.", 0.3), ("A dog and a cat.", 0.6)]


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    records = []
    for number, (text, confidence) in enumerate(CAPTIONS):
        picture = Image.new("RGB", (640, 480), (80 * number, 90, 90))
        picture.save(tmp_path / f"{number}.jpg")
        buffer = io.BytesIO()
        picture.resize((320, 240)).save(buffer, "WEBP")
        thumbnail = base64.b64encode(buffer.getvalue()).decode()
        said = Said("small", "1.0", text, ("a",), -1.0, confidence)
        records.append(Record(f"{number}.jpg", (said,), None, None, thumbnail, (320, 240)))
    records.append(Record("bad.jpg", error="The file is empty."))
    (path,) = write_gallery(tmp_path / "gallery.html", records, {"small": "Small"})
    (tmp_path / "2.jpg").unlink()  # moved since then
    return path.as_uri()


async def captions(page: Any) -> list[str]:
    texts: list[str] = await page.locator(".card:visible .text").all_text_contents()
    return texts


async def test_search_order_and_the_unsure_ones(gallery: str) -> None:
    async with open_page(gallery) as page:
        await expect(page.locator("#count")).to_have_text("4 photos")
        await page.keyboard.press("/")
        await page.keyboard.type("cat  DOG")
        await expect(page.locator("#count")).to_have_text("1 of 4 photos")
        assert await captions(page) == ["A dog and a cat."]
        await page.get_by_label("Search").fill("zebra")
        await expect(page.get_by_text("No photo here")).to_be_visible()
        await page.get_by_label("Search").fill("")
        await page.get_by_label("Order").select_option("Surest first")
        await expect(page.locator(".card .text").first).to_have_text("A dog runs.")
        assert await captions(page) == ["A dog runs.", "A dog and a cat.", "A cat sleeps."]
        await page.get_by_label("Only unsure").check()
        assert await captions(page) == ["A dog and a cat.", "A cat sleeps."]


async def test_a_photo_is_shown_large_with_its_captions(gallery: str) -> None:
    async with open_page(gallery) as page:
        photo, about = page.locator("#photo"), page.locator("#about")
        await page.get_by_role("link", name="A cat sleeps.").click()
        await expect(photo).to_be_visible()
        await expect(about).to_contain_text("A cat sleeps.")
        assert await photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
        await page.keyboard.press("ArrowLeft")
        await expect(about).to_contain_text("A dog runs.")
        await page.keyboard.press("Escape")
        await expect(photo).to_be_hidden()


@pytest.mark.parametrize("width", [320, 800, 1600])
async def test_nothing_is_wider_than_the_window(gallery: str, width: int) -> None:
    async with open_page(gallery, width=width) as page:
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        thumbnail = page.locator(".card img").first
        assert await thumbnail.evaluate("image => image.decode().then(() => image.naturalWidth)")
