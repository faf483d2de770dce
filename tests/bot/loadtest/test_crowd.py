"""What the crowd makes of a bot's answers, whichever they are."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scenes import draw_scene

from bot.loadtest.crowd import Crowd, Seen
from bot.loadtest.load import Load
from bot.sandbox import SANDBOX_TOKEN
from bot.sandbox.world import Sandbox

KEYBOARD = {"inline_keyboard": [[{"text": "👍", "callback_data": "1"}]]}


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(tmp_path, SANDBOX_TOKEN)
    yield sandbox
    sandbox.close()


async def answer(sandbox: Sandbox, photo: dict[str, Any], *texts: str) -> None:
    """Answer a photo with a placeholder that becomes the first text, and messages with others; all
    but an apology have buttons."""
    chat = sandbox.chats.find(photo["chat"]["id"])
    assert chat is not None
    reply = {"reply_to_message": photo}
    placeholder = sandbox.post(chat, {"text": "…", **reply}, sender=None)
    for place, text in enumerate(texts):
        shown = {"text": text} if text == "Sorry" else {"text": text, "reply_markup": KEYBOARD}
        if place == 0:
            sandbox.change({**placeholder, **shown})
        else:
            sandbox.post(chat, {**shown, **reply}, sender=None)


async def play(sandbox: Sandbox, *answers: tuple[str, ...]) -> Seen:
    """Be a bot that gives these answers, after those to the photos that warm it up."""
    load = Load(people=2, burst=len(answers), patience=5.0)
    crowd = asyncio.create_task(Crowd(sandbox, load, [(draw_scene(1), 640, 480)]).send_all())
    given = [("Warm",), ("Warm",), *answers]
    done = 0
    while not crowd.done():
        updates = sandbox.state.updates(100)
        for update in updates[done:]:
            await answer(sandbox, update["message"], *given[done])
            done += 1
        await asyncio.sleep(0.01)
    return await crowd


async def test_answers_are_told_apart(sandbox: Sandbox) -> None:
    seen = await play(sandbox, ("Fine",), ("Sorry",), ("Twice", "Twice"), ())
    assert (seen.sent, len(seen.waits), seen.failed) == (4, 2, 1)
    assert (seen.doubled, seen.lost) == (1, 1)
    assert all(0 < wait <= seen.seconds for wait in seen.waits)


async def test_nobody_sends_before_the_bot_answers(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.loadtest.crowd.WARM_UP_SECONDS", 0.2)
    crowd = Crowd(sandbox, Load(), [(draw_scene(1), 640, 480)])
    with pytest.raises(TimeoutError):
        await crowd.send_all()
