"""Photos that arrive while the database cannot be written to: late, but each answered once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from scenes import draw_scene
from talk import WAIT_SECONDS, answer_to, buttons, captioned
from troubled_database import Disk, Lock, shorten_busy_timeout

from bot.telegram import confirmation

PHOTOS = 16


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_busy_timeout(monkeypatch)
    monkeypatch.setattr(confirmation, "LONGEST_PAUSE", 1.0)


async def answered_once(person: Any, sent: list[dict[str, Any]]) -> None:
    """Wait until all photos have answers; nobody has more than one, or is told of an error."""
    ids = sorted(it["message_id"] for it in sent)
    answered: list[int] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while answered != ids:
            await asyncio.sleep(0.2)
            written = [it for it in await person.from_bot() if it["message_id"] > ids[0]]
            replies = [it for it in written if "reply_to_message" in it]
            answered = sorted(it["reply_to_message"]["message_id"] for it in replies if buttons(it))
    assert sorted(it["reply_to_message"]["message_id"] for it in replies) == ids
    assert [it["text"] for it in written if it not in replies and "wrong" in it["text"]] == []


async def trouble(
    admin: Any, alice: Any, hinder: Callable[[], Awaitable[object]], relieve: Callable[[], object]
) -> None:
    await captioned(alice, draw_scene(100))
    await hinder()
    sent = [await alice.send_photo(draw_scene(number)) for number in range(PHOTOS)]
    health = await answer_to(admin, "/health")
    assert "nothing can be stored since" in health["text"]
    relieve()
    await answered_once(alice, sent)
    assert "nothing can be stored" not in (await answer_to(admin, "/health"))["text"]


async def test_while_another_program_holds_the_lock(
    start_bot: Any, alice: Any, admin: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await start_bot()
    locks: list[Lock] = []

    async def lock() -> None:
        locks.append(await Lock.on(tmp_path / "data" / "captionbot.db"))

    await trouble(admin, alice, lock, lambda: locks.pop().release())
    assert caplog.text.count("The database cannot be used (database is locked)") == 1
    assert "Traceback" not in caplog.text


async def test_while_the_disk_is_full(
    start_bot: Any, alice: Any, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    await start_bot()

    async def fill() -> None:
        disk.is_full = True

    await trouble(admin, alice, fill, lambda: setattr(disk, "is_full", False))
