"""Draws docs/web.png: the page without Telegram with the astronaut and the bundled models.

Run as a program, from anywhere: `python tests/support/web_screenshot.py`.
"""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

from browsers import open_page

from bot.app import load_models
from bot.settings import Settings
from bot.web import app as web_app

ROOT = Path(__file__).parents[2]
SIZE = (1000, 820)


async def main() -> None:
    """Start the page, drop the photo, look at a word, and save what a browser shows."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        page_task = asyncio.create_task(
            web_app.run(
                settings,
                "127.0.0.1",
                0,
                behind_proxy=False,
                load=load_models,
                ready=ready.set_result,
            )
        )
        async with open_page(await ready, width=SIZE[0], height=SIZE[1]) as page:
            await page.locator("#files").set_input_files(ROOT / "tests" / "data" / "astronaut.jpg")
            await page.locator(".word").nth(1).click()
            await page.mouse.move(0, 0)
            await page.locator(".up").first.click()
            await page.locator('.up[aria-pressed="true"]').wait_for()
            await page.screenshot(path=ROOT / "docs" / "web.png")
        page_task.cancel()
        with suppress(asyncio.CancelledError):
            await page_task


if __name__ == "__main__":
    asyncio.run(main())
