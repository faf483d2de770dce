"""The chat page with everything but the private chat with captions: groups, albums, files, edits.

The bot's side is called by the test itself, so no model is loaded; test_browser.py has the bot.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import ALICE, CHANNEL, GROUP

playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright_api.expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = [
    pytest.mark.skipif(
        BROWSER is None, reason="no browser is installed (apt-get install chromium)"
    ),
    pytest.mark.timeout(900),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MILLISECONDS = 120_000
PHONE = {"width": 375, "height": 740}


@pytest.fixture
async def page(api_server: Any) -> AsyncIterator[Any]:
    """The chat page; anything that goes wrong in its code fails the test."""
    problems: list[str] = []
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1100, "height": 800})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(api_server.url)
        await expect(page.locator(".chat-entry")).to_have_count(3)
        yield page
        await browser.close()
    assert problems == []


@pytest.fixture
def photo_files(several_photos: list[bytes], tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"photo{number}.jpg" for number in range(3)]
    for file, photo in zip(files, several_photos, strict=False):
        file.write_bytes(photo)
    return files


async def show(page: Any, name: str) -> None:
    """Keep a picture of the page where the person who runs the tests wants them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", animations="disabled")


async def attach(page: Any, files: list[Path], kind: str = "Photo", caption: str = "") -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach a photo or file").click()
    await (await chooser.value).set_files(files)
    await page.locator(".kinds span", has_text=kind).click()
    await page.get_by_label("Caption").fill(caption)
    await page.locator("#preview-send").click()


async def choose(page: Any, message: Any, action: str) -> None:
    await message.hover()
    await message.get_by_role("button", name="What to do with this message").click()
    await page.get_by_role("menuitem", name=action, exact=True).click()


async def no_wider_than_the_screen(page: Any) -> None:
    overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0


async def no_wider_than_their_bubbles(page: Any) -> None:
    photos = page.locator(".bubble > .photo img")
    await expect(photos.last).to_be_visible()
    overflows = await photos.evaluate_all(
        """photos => photos.map(photo => photo.getBoundingClientRect().right
            - photo.closest(".bubble").getBoundingClientRect().right)"""
    )
    assert max(overflows) <= 0


async def test_an_album_files_and_stickers(page: Any, photo_files: list[Path]) -> None:
    await attach(page, photo_files, caption="Three at once")
    album = page.locator(".message.mine").last
    await expect(album.locator(".album .photo")).to_have_count(3)
    await expect(album).to_contain_text("Three at once")
    await attach(page, photo_files[:1], kind="File")
    await expect(page.locator(".message.mine .document-picture")).to_have_count(1)
    await attach(page, photo_files[:1], kind="Sticker")
    await expect(page.locator(".message.mine .sticker-image")).to_have_count(1)
    await show(page, "files")
    await page.set_viewport_size(PHONE)
    await no_wider_than_the_screen(page)
    await show(page, "files-phone")
    await page.reload()
    await expect(page.locator(".album .photo")).to_have_count(3)


async def test_a_group_and_a_channel(
    page: Any, api_server: Any, alice: Any, bob: Any, photo_files: list[Path]
) -> None:
    await page.locator(".chat-entry", has_text=GROUP.title).click()
    await expect(page.locator("#status")).to_have_text("group, 4 members")
    await attach(page, photo_files[:1], caption="@caption_sandbox_bot what is this?")
    await expect(page.locator(".message.mine .photo")).to_have_count(1)
    shared = (await alice.in_chat(GROUP).messages())[-1]
    markup = {"inline_keyboard": [[{"text": "👍 2", "callback_data": "up"}]]}
    reply = {"message_id": shared["message_id"]}
    await api_server.call(
        "sendMessage",
        chat_id=GROUP.id,
        text="A dog runs over a meadow.",
        reply_markup=markup,
        reply_parameters=reply,
    )
    await expect(page.locator(".message.theirs .quote")).to_have_count(1)
    await bob.in_chat(GROUP).send_text("Is it yours?")
    last = page.locator(".message.theirs").last
    await expect(last.locator(".author")).to_have_text("Bob")
    await show(page, "group")

    # The same group as another member sees it; then it goes on as a supergroup.
    await page.get_by_role("radio", name="Bob").click()
    await expect(page.locator(".message.mine")).to_have_count(1)
    await expect(page.locator(".message.mine")).to_contain_text("Is it yours?")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Upgrade to a supergroup").click()
    await expect(page.locator("#status")).to_have_text("supergroup, 4 members")
    await expect(page.locator(".service").last).to_contain_text("supergroup")
    await expect(page.locator(".message.mine")).to_contain_text("Is it yours?")

    await page.locator(".chat-entry", has_text=CHANNEL.title).click()
    await expect(page.locator("#read-only")).to_be_visible()
    await page.get_by_role("radio", name="Alice").click()
    await attach(page, photo_files[:1], caption="The harbour")
    await expect(page.locator(".message .author")).to_have_text(CHANNEL.title)
    await page.set_viewport_size(PHONE)
    await no_wider_than_the_screen(page)
    await no_wider_than_their_bubbles(page)
    await show(page, "channel-phone")


async def test_replies_edits_and_what_the_bot_asks(
    page: Any, api_server: Any, alice: Any, photo_files: list[Path], several_photos: list[bytes]
) -> None:
    await attach(page, photo_files[:1], caption="One")
    mine = page.locator(".message.mine").first
    first = await mine.locator("img").get_attribute("src")
    field = page.get_by_label("Message", exact=True)

    await choose(page, mine, "Edit")
    await expect(field).to_have_value("One")
    await field.fill("Two")
    await field.press("Enter")
    await expect(mine).to_contain_text("Two")
    await expect(mine).to_contain_text("edited")
    await choose(page, mine, "Edit")
    await attach(page, photo_files[1:2], caption="Two")
    await expect(mine.locator("img")).not_to_have_attribute("src", str(first))
    await expect(page.locator(".message.mine")).to_have_count(1)

    sent = await api_server.call(
        "sendMessage",
        chat_id=ALICE.id,
        text="What would you write?",
        reply_markup={"force_reply": True, "input_field_placeholder": "Your caption"},
    )
    await expect(page.locator("#quoting")).to_contain_text("What would you write?")
    await expect(field).to_have_attribute("placeholder", "Your caption")
    await field.fill("Two dogs play.")
    await field.press("Enter")
    await expect(page.locator(".message.mine").last).to_contain_text("Two dogs play.")
    answer = (await alice.messages())[-1]
    assert answer["reply_to_message"]["message_id"] == sent["result"]["message_id"]
    await expect(page.locator("#quoting")).to_be_hidden()

    # What the bot sends: a photo that changes in its place, and a file.
    known = [(await alice.send_photo(photo))["photo"][-1]["file_id"] for photo in several_photos]
    at = {"chat_id": ALICE.id}
    picture = await api_server.call("sendPhoto", **at, photo=known[0], caption="1 of 2")
    shown = page.locator(".message.theirs").last
    await expect(shown).to_contain_text("1 of 2")
    before = str(await shown.locator("img").get_attribute("src"))
    media = {"type": "photo", "media": known[1], "caption": "2 of 2"}
    place = picture["result"]["message_id"]
    await api_server.call("editMessageMedia", **at, message_id=place, media=media)
    await expect(shown).to_contain_text("2 of 2")
    await expect(shown.locator("img")).not_to_have_attribute("src", before)
    album = [{"type": "photo", "media": file_id} for file_id in known[:4]]
    await api_server.call("sendMediaGroup", **at, media=album)
    await expect(page.locator(".message.theirs .album .photo")).to_have_count(4)
    await show(page, "edits")


async def test_each_person_has_a_language(page: Any, api_server: Any, bob: Any) -> None:
    for code, name in (("", "help"), ("ru", "pomosch")):
        commands = [{"command": name, "description": "How it works"}]
        await api_server.call("setMyCommands", commands=commands, language_code=code)
    await page.get_by_role("radio", name="Bob").click()
    await page.get_by_label("Language of Telegram").select_option("ru")
    field = page.get_by_label("Message", exact=True)
    await expect(page.locator("#commands-button")).to_be_visible()
    await field.fill("/")
    await expect(page.locator("#commands .option")).to_have_text([re.compile("pomosch")])
    await field.fill("")
    assert (await bob.chat())["user"]["language_code"] == "ru"
    await page.get_by_role("radio", name="Alice").click()
    await expect(page.get_by_label("Language of Telegram")).to_have_value("en")
