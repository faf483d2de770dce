"""A real browser for tests of pages."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
NEEDS_BROWSER = pytest.mark.skipif(
    BROWSER is None,
    reason=f"no browser: none of {', '.join(NAMES)} is installed (apt-get install chromium)",
)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_MILLISECONDS = 60_000


@asynccontextmanager
async def open_page(url: str, *, width: int = 1100, height: int = 800) -> AsyncIterator[Any]:
    """The page at `url`; anything that went wrong in its code fails the test at the end."""
    api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    problems: list[str] = []
    async with api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=_ARGUMENTS)
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(_MILLISECONDS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        await page.goto(url)
        yield page
        await browser.close()
    assert problems == []
