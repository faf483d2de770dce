"""Updates that cannot be decoded stop nothing, and nothing of them is written down."""

import asyncio
from typing import Any

import odd_updates
import pytest
from odd_updates import NAME, READ_IN_PART, UNREADABLE, WORDS
from scenes import draw_scene
from talk import WAIT_SECONDS, answer_to, buttons, captioned

from bot.texts.conversation import plain_text_text


async def test_photos_among_odd_updates_are_answered(
    start_bot: Any, api_server: Any, alice: Any, bob: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await start_bot()
    odd = [
        *UNREADABLE.values(),
        *({"message": odd_updates.message(**it)} for it in READ_IN_PART.values()),
    ]
    if odd_updates.STOPPED_POLLING.exists():
        odd += [{"message": it["message"]} for it in odd_updates.that_stopped_polling()]
    for number, update in enumerate(odd):
        await api_server.update(**update)
        if number % 6 == 0:
            await (alice if number % 12 else bob).send_photo(draw_scene(number))
    for someone in (alice, bob):
        photos = [it["message_id"] for it in await someone.messages() if "photo" in it]
        answered: list[int] = []
        async with asyncio.timeout(WAIT_SECONDS):
            while answered != photos:
                await asyncio.sleep(0.1)
                answers = [it for it in await someone.from_bot() if buttons(it)]
                answered = sorted(it["reply_to_message"]["message_id"] for it in answers)
    assert NAME not in caplog.text
    assert WORDS not in caplog.text


async def test_a_photo_with_an_odd_origin_is_answered(
    start_bot: Any, api_server: Any, alice: Any
) -> None:
    await start_bot()
    known = await captioned(alice, draw_scene(1))
    photo = known["reply_to_message"]["photo"]
    odd = {
        **odd_updates.message(alice.id, photo=photo, message_id=9999, text=None),
        **READ_IN_PART["a hidden forwarder without a name"],
    }
    await api_server.update(message=odd)
    await alice.wait_for(lambda it: it["message_id"] > known["message_id"])


async def test_answers_without_a_result_end_nothing(
    start_bot: Any, api_server: Any, alice: Any
) -> None:
    bot = await start_bot()
    await api_server.fault("getUpdates", times=2, answer='{"ok": true, "result": null}')
    await answer_to(alice, "Are you there?")
    await api_server.fault("sendMessage", answer='{"ok": true, "result": {"message_id": 1}}')
    told = await answer_to(alice, "And now?")
    assert plain_text_text()[:20] in told["text"]
    await bot.stop()
