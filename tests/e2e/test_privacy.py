"""What the bot tells of what it stores, and that it is gone when it shall be."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from talk import WAIT_SECONDS, answer_to, captioned, data, eventually, says

from bot.sandbox import CHANNEL, GROUP
from bot.texts.conversation import forgotten_answer_text

LOOKING = "Looking at your photo"


def kept(data_dir: Path) -> list[Path]:
    folder = data_dir / "photos"
    return sorted(folder.iterdir()) if folder.exists() else []


async def comes_true(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(int(WAIT_SECONDS * 10)):
        if await condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"It did not come true in {WAIT_SECONDS:.0f} s.")


async def test_what_telegram_shows_of_the_bot(start_bot: Any, alice: Any, admin: Any) -> None:
    await start_bot()

    async def is_described() -> bool:
        return bool((await alice.chat())["bot"]["short_description"])

    await comes_true(is_described)
    assert "/privacy" in (await alice.chat())["bot"]["description"]

    async def commands(person: Any) -> list[str]:
        return [it["command"] for it in (await person.chat())["commands"]]

    assert {"settings", "privacy", "forget"} <= set(await commands(alice))
    assert {"stats", "ban", "privacy"} <= set(await commands(admin))
    assert await commands(admin.in_chat(GROUP)) == ["caption", "help"]
    assert await commands(alice.in_chat(GROUP)) == ["caption", "help", "autocaption"]
    assert (await alice.in_chat(CHANNEL).chat())["bot"]["description"]


async def test_everything_somebody_said_is_forgotten(
    start_bot: Any, alice: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    await start_bot(retention_days=90)
    about = await answer_to(alice, "/privacy")
    assert "90 days after" in about["text"]
    assert any(entity["type"] == "bold" for entity in about["entities"])

    answer = await captioned(alice, photo_bytes)
    await alice.send_text("An astronaut in an orange suit.", reply_to=answer["message_id"])
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a corrected photo is kept")

    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], data(question, 0, 0))
    await alice.wait_for(says("Deleted: 1 photo, 2 captions, 1 correction, and your"))
    assert kept(tmp_path / "data") == []
    with closing(sqlite3.connect(tmp_path / "data" / "captionbot.db")) as database:
        for table in ("users", "jobs", "photos", "captions", "corrections", "conversations"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


async def test_nobody_deletes_what_is_somebody_else_s(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    question = await answer_to(alice.in_chat(GROUP), "/forget")
    for choice in (0, 1):
        press = await bob.in_chat(GROUP).press(question["message_id"], data(question, 0, choice))
        assert press["text"] == "Only the person who asked can answer this."
    assert (await alice.press(answer["message_id"], data(answer, 0, 0)))["text"] == "👍 Thank you!"

    # A stranger is not told that there was something to delete.
    own = await answer_to(bob.in_chat(GROUP), "/forget")
    press = await bob.in_chat(GROUP).press(own["message_id"], data(own, 0, 0))
    assert press["text"] == "Nothing is stored about you."


async def test_forgetting_while_the_placeholder_is_being_sent(
    start_bot: Any, api_server: Any, http: Any, alice: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    question = await answer_to(alice, "/forget")
    await api_server.fault("sendMessage", delay=15)
    photo = await alice.send_photo(photo_bytes)

    async def is_being_sent() -> bool:
        async with http.get(f"{api_server.url}/sandbox/api/faults") as response:
            return await response.json() == []

    async def is_withdrawn() -> bool:
        return len(await api_server.calls("deleteMessage")) == 1

    await comes_true(is_being_sent)
    await alice.press(question["message_id"], data(question, 0, 0))
    await alice.wait_for(says("Deleted: 1 photo, and your"))
    await comes_true(is_withdrawn)
    assert (await api_server.calls("deleteMessage"))[0]["message_id"] > photo["message_id"]
    assert not any(LOOKING in it.get("text", "") for it in await alice.from_bot())


async def test_what_is_old_is_swept_away(
    start_bot: Any, alice: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    bot = await start_bot(retention_days=30)
    answer = await captioned(alice, photo_bytes)
    await alice.press(answer["message_id"], data(answer, 0, 0))
    await alice.send_text("An astronaut in an orange suit.", reply_to=answer["message_id"])
    await alice.wait_for(says("“An astronaut in an orange suit.”"))
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a rated photo is kept")
    await bot.stop()

    with closing(sqlite3.connect(tmp_path / "data" / "captionbot.db")) as database, database:
        long_ago = "2020-01-01 00:00:00.000000"
        database.execute("UPDATE jobs SET received_at = ?", (long_ago,))
        for table in ("ratings", "corrections"):
            database.execute(f"UPDATE {table} SET updated_at = ?", (long_ago,))
        database.execute("UPDATE users SET last_seen_at = ?", (long_ago,))

    await start_bot(retention_days=30)

    def stored(table: str) -> int:
        with closing(sqlite3.connect(tmp_path / "data" / "captionbot.db")) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    # Ratings go first, with the files kept because of them; then messages, photos, and people.
    await eventually(lambda: stored("users") == 0, "the person is swept away")
    for table in ("photos", "captions", "jobs", "ratings", "corrections"):
        assert stored(table) == 0
    assert kept(tmp_path / "data") == []
    pressed = await alice.press(answer["message_id"], data(answer, 0, 0))
    assert pressed["text"] == forgotten_answer_text()
