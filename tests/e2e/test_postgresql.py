"""The whole bot with PostgreSQL that is away for a while: late, but each photo is answered once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from postgresql import PostgreSQLServer
from scenes import draw_scene
from talk import WAIT_SECONDS, answer_to, buttons, captioned

from bot.telegram import confirmation

PHOTOS = 16


@pytest.fixture
async def address(
    postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    monkeypatch.setattr(confirmation, "LONGEST_PAUSE", 1.0)
    url = await postgresql_server.copy("whole_bot")
    yield url.render_as_string(hide_password=False)
    await postgresql_server.drop("whole_bot")


async def answered_once(person: Any, sent: list[dict[str, Any]]) -> None:
    """Wait until all photos have answers; nobody has more than one, or is told of an error."""
    ids = sorted(it["message_id"] for it in sent)
    answers: list[int] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while answers != ids:
            await asyncio.sleep(0.2)
            written = [it for it in await person.from_bot() if it["message_id"] > ids[0]]
            answers = sorted(it["reply_to_message"]["message_id"] for it in written if buttons(it))
    assert [it["text"] for it in written if "wrong" in it.get("text", "")] == []


async def test_photos_that_arrive_while_the_server_is_away(
    start_bot: Any,
    alice: Any,
    admin: Any,
    address: str,
    postgresql_server: PostgreSQLServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await start_bot(database_url=address)
    await captioned(alice, draw_scene(100))
    postgresql_server.stop()
    sent = [await alice.send_photo(draw_scene(number)) for number in range(PHOTOS)]
    await asyncio.sleep(3)
    postgresql_server.start()
    await answered_once(alice, sent)
    assert caplog.text.count("The database cannot be used") == 1
    assert "Traceback" not in caplog.text
    assert "Database: postgresql" in (await answer_to(admin, "/health"))["text"]


async def test_photos_in_hand_when_the_server_restarts(
    start_bot: Any,
    alice: Any,
    address: str,
    postgresql_server: PostgreSQLServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was claimed is taken on as soon as the server is back."""
    monkeypatch.setattr("bot.queue.leases.LEASE", timedelta(hours=1))  # nobody waits so long
    await start_bot(database_url=address)
    sent = []
    for number in range(PHOTOS):
        sent.append(await alice.send_photo(draw_scene(number)))
        if number == PHOTOS // 2:
            postgresql_server.stop()
    await asyncio.sleep(3)
    postgresql_server.start()
    await answered_once(alice, sent)
