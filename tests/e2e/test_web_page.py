"""The page without Telegram in a real browser."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from browsers import NEEDS_BROWSER, open_page
from fakes import small_models

from bot.settings import Settings
from bot.web import app as web_app

playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright_api.expect
pytestmark = NEEDS_BROWSER

ASTRONAUT = Path(__file__).parents[1] / "data" / "astronaut.jpg"
OWN = "An astronaut smiles in front of a flag."


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    running = asyncio.create_task(
        web_app.run(
            settings, "127.0.0.1", 0, behind_proxy=False, load=small_models, ready=ready.set_result
        )
    )
    async with asyncio.timeout(60):
        yield await ready
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def drop(page: Any) -> None:
    """Drop the astronaut on the page, as from another window."""
    data = await page.evaluate_handle(
        """async (bytes) => {
            const transfer = new DataTransfer();
            const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
            transfer.items.add(new File([data], "astronaut.jpg", { type: "image/jpeg" }));
            return transfer;
        }""",
        base64.b64encode(ASTRONAUT.read_bytes()).decode(),
    )
    await page.dispatch_event("body", "drop", {"dataTransfer": data})


async def test_a_photo_is_dropped_looked_at_rated_and_corrected(address: str) -> None:
    async with open_page(address) as page:
        await drop(page)
        captions = page.locator(".caption")
        await expect(captions).to_have_count(len(small_models()))
        image = page.locator(".picture img")
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

        heat = page.locator(".picture canvas")
        await expect(heat).to_be_hidden()
        await page.locator(".word").first.hover()
        await expect(heat).to_be_visible()
        await page.locator("h1").hover()
        await expect(heat).to_be_hidden()
        # With keys as well.
        await page.locator(".word").first.focus()
        await page.keyboard.press("Enter")
        await expect(heat).to_be_visible()

        up = captions.first.get_by_role("button", name="Right")
        await up.click()
        await expect(up).to_have_attribute("aria-pressed", "true")

        await page.get_by_role("button", name="Write a better one").click()
        field = page.get_by_label("Your caption, in English")
        await expect(field).to_be_focused()
        await field.fill("www.example.com")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Please leave out links")).to_be_visible()
        await field.fill(OWN)
        await page.keyboard.press("Enter")
        await expect(page.locator("blockquote")).to_have_text(OWN)

        await page.reload()
        await expect(page.locator("blockquote")).to_have_text(OWN)
        await expect(up).to_have_attribute("aria-pressed", "true")
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

        page.on("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Delete everything of mine").click()
        await expect(page.get_by_text("Everything of yours is deleted.")).to_be_visible()
        await page.reload()
        await expect(page.locator("#drop")).to_be_visible()
        await expect(page.locator(".photo")).to_have_count(0)


async def test_what_is_no_photo_says_so_and_can_be_put_away(address: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"not a photo")
    async with open_page(address) as page:
        await page.locator("#files").set_input_files([path, ASTRONAUT])
        await expect(page.get_by_text("This image cannot be read")).to_be_visible()
        await expect(page.locator(".caption")).to_have_count(len(small_models()))
        broken = page.locator(".photo", has_text="This image cannot be read")
        await broken.get_by_role("button", name="Forget this photo").click()
        await expect(page.locator(".photo")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 800, 1600])
async def test_nothing_is_wider_than_the_window_in_russian(address: str, width: int) -> None:
    async with open_page(f"{address}/?lang=ru", width=width) as page:
        await page.locator("#files").set_input_files(ASTRONAUT)
        await expect(page.locator(".caption")).to_have_count(len(small_models()))
        await expect(page.locator("h1")).to_have_text("Что на этом фото?")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
