"""A chat in which Telegram allows nothing for a minute keeps nobody else waiting."""

import asyncio
import io
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from talk import buttons, captioned

SECONDS = 60
PHOTOS = 12
"""More than the worker has hands for."""


def photo(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 100, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def let_a_minute_pass(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE jobs SET run_after = received_at")


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
async def test_one_chat_does_not_hold_up_the_others(
    start_bot: Any, alice: Any, bob: Any, api_server: Any, tmp_path: Path, method: str
) -> None:
    await start_bot()
    await captioned(bob, photo(0))
    await api_server.fault(method, times=999, chat_id=alice.id, status=429, retry_after=SECONDS)
    sent = [await alice.send_photo(photo(shade)) for shade in range(1, PHOTOS + 1)]
    before = time.monotonic()
    for shade in range(101, 104):
        await captioned(bob, photo(shade))
    assert time.monotonic() - before < SECONDS / 2
    assert [it for it in await alice.from_bot() if buttons(it)] == []

    await api_server.clear_faults()
    answered: list[int] = []
    deadline = time.monotonic() + SECONDS / 2
    while len(answered) < PHOTOS and time.monotonic() < deadline:
        # In a thread: the bot runs in this event loop and may be in the middle of a transaction.
        await asyncio.to_thread(let_a_minute_pass, tmp_path / "data" / "captionbot.db")
        await asyncio.sleep(0.5)
        answered = [
            it["reply_to_message"]["message_id"] for it in await alice.from_bot() if buttons(it)
        ]
    assert sorted(answered) == [it["message_id"] for it in sent]
