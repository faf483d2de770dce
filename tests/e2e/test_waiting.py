"""While photos wait: their place in the queue, `typing`, and buttons that work meanwhile."""

import asyncio
import io
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from talk import buttons, captioned, data, shows

SLOW = 8.0
"""Seconds that a download takes here."""


def photo(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 100, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def make_slow(path: Path) -> None:
    """Let the captions so far have taken nine seconds each."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE captions SET latency_ms = 9000")


async def all_captioned(person: Any, photos: int) -> list[Any]:
    """The answers, when there are so many."""
    for _ in range(1200):
        answers = [message for message in await person.from_bot() if buttons(message)]
        if len(answers) >= photos:
            return answers
        await asyncio.sleep(0.1)
    raise AssertionError(f"Not {photos} answers: {answers}")


async def test_the_place_in_the_queue_with_an_estimate_and_typing(
    start_bot: Any, alice: Any, api_server: Any, tmp_path: Path
) -> None:
    await start_bot()
    await captioned(alice, photo(0))
    # In a thread: the bot runs in this event loop and may be in the middle of a transaction.
    await asyncio.to_thread(make_slow, tmp_path / "data" / "captionbot.db")
    before = len(await api_server.calls())

    await api_server.fault("download", times=99, delay=SLOW)
    first = await alice.send_photo(photo(1))
    await alice.wait_for(lambda it: it.get("text") == "🔎 Looking at your photo…")
    sent = [first, *[await alice.send_photo(photo(shade)) for shade in range(2, 7)]]
    waiting = await alice.wait_for(lambda it: "Place in the queue: 6." in it.get("text", ""))
    assert waiting["text"].endswith("That takes about 50 seconds.")
    assert waiting["reply_to_message"]["message_id"] == sent[-1]["message_id"]
    await alice.wait_for(lambda it: "Place in the queue: 2. That takes" in it.get("text", ""))

    answers = await all_captioned(alice, 7)
    assert waiting["message_id"] in {answer["message_id"] for answer in answers}
    calls = (await api_server.calls())[before:]
    about_photos = [
        call["method"]
        for call in calls
        if call["method"] in ("sendMessage", "sendChatAction", "editMessageText")
    ]
    # Telegram shows it for five seconds, so it is sent again while the photos are worked on.
    assert 3 <= about_photos.count("sendChatAction") <= len(sent)
    assert len(about_photos) <= 3 * len(sent)


async def test_buttons_are_answered_at_once_however_slow_the_rest_is(
    start_bot: Any, alice: Any, api_server: Any
) -> None:
    await start_bot()
    answer = await captioned(alice, photo(0))
    place, rows = answer["message_id"], buttons(answer)
    for method in ("download", "sendMessage", "editMessageReplyMarkup"):
        await api_server.fault(method, delay=15.0)
    # One flooded call must not hold up what has nothing to do with it.
    await alice.send_photo(photo(1))
    began = time.monotonic()
    for button in (data(answer, 0, 0), "Where it looked", "Other wordings", "Write a better one"):
        assert (await alice.press(place, button))["answered"]
    assert time.monotonic() - began < 10, "none has waited for the calls that hang"
    await shows(alice, place, [["✅ 👍 ResNet-34", "👎 ResNet-34"], *rows[1:]])
