"""The chat page in a real browser, with the whole bot behind it."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright_api.expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(
    BROWSER is None,
    reason=f"no browser: none of {', '.join(NAMES)} is installed (apt-get install chromium)",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 240
ANSWER_MILLISECONDS = 150_000
MODELS = ("ResNet-34 + LSTM", "MobileNet + attention")


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `captionbot sandbox`, started as a newcomer starts it."""
    folder = tmp_path_factory.mktemp("newcomer")
    settings = ("BOT_TOKEN", "TELEGRAM_API_URL", "DATABASE_URL", "ADMIN_IDS", "PROXY_URL")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    log = folder / "sandbox.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "sandbox", "--port", "0"],
            cwd=folder,
            env={**environment, "DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _printed_address(log, process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _printed_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
        assert process.poll() is None, f"the sandbox ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"the sandbox did not start:\n{log.read_text()}"
        time.sleep(0.2)
    return found[0]


@pytest.fixture
async def page(sandbox_url: str) -> AsyncIterator["playwright_api.Page"]:
    """The chat page; anything that goes wrong in its code fails the test."""
    problems: list[str] = []
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1100, "height": 800})
        page.set_default_timeout(ANSWER_MILLISECONDS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        await page.goto(sandbox_url)
        yield page
        await browser.close()
    assert problems == []


@pytest.mark.timeout(900)
async def test_photo_captions_rating_and_statistics(page, photo_bytes, tmp_path):
    """What the README promises a newcomer."""
    await expect(page.locator("#status")).to_have_text("bot, online", timeout=START_SECONDS * 1000)
    photo = tmp_path / "holiday.jpg"
    photo.write_bytes(photo_bytes)

    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach a photo or file").click()
    await (await chooser.value).set_files(photo)
    await expect(page.get_by_role("heading", name="Send a photo")).to_be_visible()
    await page.get_by_role("button", name="Send", exact=True).last.click()
    await expect(page.locator(".message.mine img")).to_be_visible()

    answer = page.locator(".message.theirs").last
    for model in MODELS:
        await expect(answer.locator("strong", has_text=model)).to_be_visible(
            timeout=ANSWER_MILLISECONDS
        )
    text = await answer.locator(".text").inner_text()
    captions = [text.partition(model)[2].strip().splitlines()[0] for model in MODELS]
    for caption in captions:
        assert caption[0].isupper(), f"not a sentence: {captions}"
    # Answered in the place of the placeholder: one message of the bot, not two.
    await expect(page.locator(".message.theirs")).to_have_count(1)

    liked = answer.get_by_role("button", name="👍").first
    await expect(liked).not_to_contain_text("✅")
    await liked.click()
    await expect(liked).to_contain_text("✅")
    await expect(page.locator("#toast")).to_contain_text("👍")

    await page.get_by_role("radio", name="Admin").click()
    field = page.get_by_label("Message", exact=True)
    await field.fill("/stats")
    await field.press("Enter")
    report = page.locator(".message.theirs").last
    # Its chart is drawn first, which takes a while.
    await expect(report).to_contain_text("👍 1 👎 0", timeout=ANSWER_MILLISECONDS)
    await expect(report).to_contain_text(re.compile(r"Photos: [1-9]"))

    await page.get_by_role("radio", name="Alice").click()
    await expect(page.locator(".message.theirs .key", has_text="✅")).to_have_count(1)


@pytest.mark.timeout(900)
async def test_what_is_written_while_switching_is_sent_as_the_new_person(page):
    """However slowly the other person's chats load."""
    await expect(page.locator("#status")).to_have_text("bot, online", timeout=START_SECONDS * 1000)

    async def slowly(route: "playwright_api.Route") -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/sandbox/api/users", slowly)
    await page.get_by_role("radio", name="Admin").click()
    field = page.get_by_label("Message", exact=True)
    await field.fill("Whose words?")
    await field.press("Enter")
    await expect(page.get_by_text("Admin: Whose words?")).to_be_attached()


@pytest.mark.timeout(900)
async def test_the_page_on_a_phone(page, photo_bytes):
    """Start button, commands menu, a dropped file; nothing is wider than the screen."""
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.locator("#status")).to_have_text("bot, online", timeout=START_SECONDS * 1000)
    await page.get_by_role("radio", name="Bob").click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.locator(".message.theirs").last).to_contain_text("photo")

    await page.get_by_role("button", name="Commands").click()
    await page.get_by_role("option", name="/settings").click()
    choice = page.locator(".message.theirs").last
    named = MODELS[1].split()[0]  # /settings has room for the first word
    await choice.get_by_role("button", name=named).click()
    await expect(choice.get_by_role("button", name=named)).to_contain_text("✅")

    transfer = await page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            const options = { type: "image/jpeg" };
            transfer.items.add(new File([new Uint8Array(bytes)], "dropped.jpg", options));
            return transfer;
        }""",
        list(photo_bytes),
    )
    await page.dispatch_event("#scroll", "drop", {"dataTransfer": transfer})
    await page.get_by_label("Caption").fill("What is this?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.mine").last).to_contain_text("What is this?")
    answer = page.locator(".message.theirs").last
    await expect(answer.locator("strong", has_text=MODELS[1])).to_be_visible(
        timeout=ANSWER_MILLISECONDS
    )
    await expect(answer.locator("strong", has_text=MODELS[0])).to_have_count(0)

    overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
