"""Buttons of old answers: after a restart they work, and of what was forgotten they say so."""

import asyncio
from typing import Any

from talk import answer_to, buttons, captioned, data_of, says

from bot.telegram.callbacks import AlsoAskButton, AnswerButton, PickButton, WriteButton
from bot.texts.conversation import forgotten_answer_text, outdated_button_text

RESNET, MOBILENET = "ResNet-34 + LSTM", "MobileNet + attention"
TEXT = "An astronaut smiles in front of a flag."


async def choose_models(person: Any, models: str) -> None:
    question = await answer_to(person, "/model")
    assert (await person.press(question["message_id"], models))["answered"]


async def wrote(person: Any, place: int) -> Any:
    """What the bot says to a caption of one's own in reply to an answer."""
    sent = await person.send_text(TEXT, reply_to=place)
    return await person.wait_for(
        lambda it: it.get("reply_to_message", {}).get("message_id") == sent["message_id"]
    )


async def test_after_a_restart_every_button_does_what_it_says(
    start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    await choose_models(alice, "MobileNet")
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    withdraw = await wrote(alice, place)
    await bot.stop()

    # Pressed while nobody listens, and twice at that: Telegram keeps it for the next start.
    wordings = data_of(answer, "Other wordings")
    presses = [
        asyncio.create_task(alice.press(place, wordings, stale=True, wait=60)) for _ in range(2)
    ]
    await start_bot()
    assert all(press["answered"] for press in await asyncio.gather(*presses))
    await alice.wait_for(says("<Wording> 1 & of mobilenet-attention."))
    assert len([it for it in await alice.from_bot() if "Other wordings" in it.get("text", "")]) == 1

    press = await alice.press(withdraw["message_id"], "Withdraw")
    assert press["text"] == "Your caption is withdrawn and deleted."
    await alice.press(place, "Write a better one")
    question = await alice.wait_for(says("What would you say about this photo?"))
    assert "Withdraw" not in str(buttons(question)), "there is none to withdraw"
    await alice.press(question["message_id"], "Cancel")
    await alice.press(place, "Where it looked")
    await alice.wait_for(lambda it: "looked" in it.get("caption", ""))
    assert (await alice.press(place, "👍"))["text"] == "👍 Thank you!"

    other = data_of(answer, "Also ask")
    await asyncio.gather(*(alice.press(place, other, stale=True) for _ in range(2)))
    both = await alice.wait_for(lambda it: it["message_id"] == place and RESNET in it["text"])
    assert MOBILENET in both["text"]


async def test_every_button_of_a_forgotten_answer_says_so(
    start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    written = await wrote(alice, place)
    withdraw = data_of(written, "Withdraw")
    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], "Yes")
    await alice.wait_for(says("Deleted: 1 photo"))
    await bot.stop()
    await start_bot()

    write = data_of(answer, "Write a better one")
    job_id = WriteButton.unpack(write).job_id
    shown = [it["callback_data"] for row in rows_of(answer) for it in row]
    assert write in shown
    assert len(shown) == 7
    elsewhere = (
        AlsoAskButton(job_id=job_id, model="resnet34-lstm"),
        AnswerButton(job_id=job_id),
    )
    for button in (*shown, *(it.pack() for it in elsewhere)):
        for _ in range(2):
            press = await alice.press(place, button, stale=True)
            assert (press["text"], press["show_alert"]) == (forgotten_answer_text(), True), button
    await alice.wait_for(lambda it: it["message_id"] == place and not buttons(it))

    # What was deleted is said to be; what nobody asks about any more is out of date.
    press = await alice.press(written["message_id"], withdraw, stale=True)
    assert press["text"] == "This caption was replaced or withdrawn already."
    pick = PickButton(user_id=alice.id, job_id=job_id).pack()
    for button in (pick, "x:1", "r:none"):
        press = await alice.press(place, button, stale=True)
        assert press["text"] == outdated_button_text()
    assert "no captions yet" in (await answer_to(alice, "/history"))["text"]


async def test_the_second_click_does_no_harm(
    start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    async def twice(message: Any, text: str) -> list[str]:
        button = data_of(message, text)
        place = message["message_id"]
        presses = await asyncio.gather(*(alice.press(place, button, stale=True) for _ in range(2)))
        assert all(press["answered"] for press in presses)
        return [press["text"] for press in presses]

    await start_bot()
    model = await answer_to(alice, "/model")
    first, second = await twice(model, "MobileNet")
    assert first == second
    assert MOBILENET in first
    answer = await captioned(alice, photo_bytes)
    await alice.press(answer["message_id"], "Write a better one")
    question = await alice.wait_for(says("What would you say about this photo?"))
    await twice(question, "Cancel")
    await alice.wait_for(says("All right, no caption."))
    forget = await answer_to(alice, "/forget")
    await twice(forget, "No")
    await alice.wait_for(says("Nothing was deleted."))

    # All of it once: what was chosen, asked about, called off, and kept.
    assert f"✅ {MOBILENET}" in str(buttons(await answer_to(alice, "/model")))
    page = await answer_to(alice, "/history")
    assert MOBILENET in page["caption"]
    assert len(await alice.from_bot()) == 6


def rows_of(message: Any) -> Any:
    return message["reply_markup"]["inline_keyboard"]
