"""People write captions of their own: by the button, in replies, in albums and groups."""

import asyncio
from typing import Any

from talk import answer_to, buttons, captioned, data_of, eventually, says

from bot.sandbox import GROUP
from bot.texts.conversation import forgotten_answer_text, plain_text_text

WRITE = "✏️ Write a better one"
TEXT = "An astronaut smiles in front of a flag."
UNUSABLE = {
    "See www.example.com": "leave out links",
    "Call me on +49 170 1234567": "phone numbers",
    "Dog": "too short",
    "2 5 7": "too short",
    "Собака бежит по пляжу": "in English",
    "dog dog dog dog dog": "repeats itself",
    "Is that really an astronaut?": "is a question",
    "a dog " + 40 * "and another one ": "too long",
}
"""Texts that are no captions, and what the bot says about each."""


def replies_to(message_id: int, text: str = "") -> Any:
    return lambda message: (
        message.get("reply_to_message", {}).get("message_id") == message_id
        and text in message.get("text", "")
    )


async def gone(person: Any, message_id: int) -> None:
    """Wait until a message is deleted."""
    for _ in range(600):
        if all(found["message_id"] != message_id for found in await person.messages()):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"Message {message_id} is still there.")


async def test_a_caption_is_asked_for_written_replaced_and_withdrawn(
    start_bot: Any, alice: Any, photo_bytes: bytes, tmp_path: Any
) -> None:
    def kept() -> int:
        return len(list((tmp_path / "data" / "photos").glob("*")))

    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    place, write = answer["message_id"], data_of(answer, WRITE)

    # A double click asks once.
    presses = await asyncio.gather(*(alice.press(place, write) for _ in range(2)))
    assert [press["answered"] for press in presses] == [True, True]
    question = await alice.wait_for(says("What would you say about this photo?"))
    assert question["reply_to_message"]["message_id"] == place - 1, "the photo"

    # What cannot be used is explained, and asked for again.
    asked = question
    for text, reason in UNUSABLE.items():
        bad = await alice.send_text(text)
        refusal = await alice.wait_for(replies_to(bad["message_id"], reason))
        await gone(alice, asked["message_id"])
        asked = refusal
    said = answer["text"].splitlines()[1]
    bad = await alice.send_text(said)
    refusal = await alice.wait_for(replies_to(bad["message_id"], "A model has said just that."))

    # The bot stops in the middle of it, and knows afterwards what it waited for.
    await bot.stop()
    await start_bot()
    sent = await alice.send_text(TEXT)
    written = await alice.wait_for(replies_to(sent["message_id"], f"stored:\n“{TEXT}”"))
    await gone(alice, refusal["message_id"])
    await eventually(lambda: kept() == 1, "a corrected photo is kept")
    assert (await answer_to(alice, "Hello there"))["text"] == plain_text_text()

    # Simply replying to the answer replaces it, if that is meant; and it can be undone.
    sent = await alice.send_text("A woman in an orange suit.", reply_to=place)
    asked = await alice.wait_for(replies_to(sent["message_id"], "replace it?"))
    await alice.press(asked["message_id"], "Replace it")
    replaced = await alice.wait_for(replies_to(sent["message_id"], "is replaced:"))
    await alice.press(replaced["message_id"], "Undo")
    await alice.wait_for(replies_to(sent["message_id"], f"is stored:\n“{TEXT}”"))
    sent = await alice.send_text("A woman in an orange suit.", reply_to=place)
    asked = await alice.wait_for(replies_to(sent["message_id"], "replace it?"))
    await alice.press(asked["message_id"], "Replace it")
    replaced = await alice.wait_for(replies_to(sent["message_id"], "is replaced:"))

    # A button withdraws the caption that it stands under, and no newer one.
    older = await alice.press(written["message_id"], data_of(written, "Withdraw"))
    assert older["text"] == "This caption was replaced or withdrawn already."
    withdraw = data_of(replaced, "Withdraw")
    for text in ("Your caption is withdrawn and deleted.", older["text"]):
        press = await alice.press(replaced["message_id"], withdraw, stale=True)
        assert press["text"] == text
    await eventually(lambda: kept() == 0, "a photo without corrections is not")
    await alice.wait_for(
        lambda found: found["message_id"] == replaced["message_id"] and not buttons(found)
    )


async def test_thinking_better_of_it(start_bot: Any, alice: Any, photo_bytes: bytes) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    assert (await answer_to(alice, "/cancel"))["text"] == "There is nothing to cancel."

    await alice.press(place, WRITE)
    question = await alice.wait_for(says("What would you say"))
    await alice.press(question["message_id"], "Cancel")
    await alice.wait_for(says("All right, no caption."))
    assert (await answer_to(alice, TEXT))["text"] == plain_text_text()

    await alice.press(place, WRITE)
    question = await alice.wait_for(says("What would you say"))
    assert (await answer_to(alice, "/cancel"))["text"] == "All right, no caption."
    await gone(alice, question["message_id"])
    assert (await answer_to(alice, TEXT))["text"] == plain_text_text()

    # A button of an answer that was forgotten says so.
    write = data_of(answer, WRITE)
    forget = await answer_to(alice, "/forget")
    await alice.press(forget["message_id"], "Yes")
    await alice.wait_for(says("Deleted:"))
    press = await alice.press(place, write, stale=True)
    assert press["text"] == forgotten_answer_text()
    sent = await alice.send_text(TEXT, reply_to=place)
    reply = await alice.wait_for(lambda found: found["message_id"] > sent["message_id"])
    assert reply["text"] == plain_text_text()


async def test_whoever_mends_their_reply_mends_the_caption(
    start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    place = (await captioned(alice, photo_bytes))["message_id"]
    sent = await alice.send_text("A woamn in an orange suit.", reply_to=place)
    await alice.wait_for(replies_to(sent["message_id"], "is stored:"))

    # What they make of it has to be usable, too; else the first is kept, and asked for another.
    await alice.edit(sent["message_id"], text="See www.example.com")
    await alice.wait_for(replies_to(sent["message_id"], "leave out links"))
    await bot.stop()
    await start_bot()
    await alice.edit(sent["message_id"], text="A woman in an orange suit.")
    await alice.wait_for(replies_to(sent["message_id"], "is replaced:"))
    page = await answer_to(alice, "/history")
    assert "A woman in an orange suit." in page["caption"]
    assert "woamn" not in page["caption"]


async def test_one_photo_of_an_album(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    await alice.send_album(several_photos[:3])
    answer = await alice.wait_for(lambda found: "3." in found.get("text", "") and buttons(found))
    place = answer["message_id"]

    sent = await alice.send_text("2: Two dogs play in the grass.", reply_to=place)
    await alice.wait_for(replies_to(sent["message_id"], "photo 2 is stored"))

    # Without a number the bot asks for it, and takes the text that is there already.
    sent = await alice.send_text("A boy plays with a ball.", reply_to=place)
    question = await alice.wait_for(replies_to(sent["message_id"], "Which of the 3 photos"))
    assert buttons(question) == [["1", "2", "3"]]
    third = data_of(question, "3")
    presses = await asyncio.gather(
        alice.press(question["message_id"], third),
        alice.press(question["message_id"], third, stale=True),
    )
    assert all(press["answered"] for press in presses)
    await alice.wait_for(
        lambda found: (
            found["message_id"] == question["message_id"] and "photo 3 is" in found["text"]
        )
    )

    # The button is about the photo whose number is chosen.
    await alice.press(place, "2")
    await alice.wait_for(lambda found: found["message_id"] == place and "• 2 •" in str(found))
    await alice.press(place, WRITE)
    question = await alice.wait_for(says("What would you say about photo 2?"))
    assert "“Two dogs play in the grass.”" in question["text"]


async def test_each_member_of_a_group_is_asked_by_name(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    alice, bob = alice.in_chat(GROUP), bob.in_chat(GROUP)
    photo = await alice.send_photo(photo_bytes)
    await alice.send_text("/caption", reply_to=photo["message_id"])
    answer = await alice.wait_for(lambda found: WRITE in str(buttons(found)))
    place = answer["message_id"]

    for person in (alice, bob):
        await person.press(place, WRITE)
        question = await person.wait_for(says(f"@{person.username}, reply to this message"))
        others = bob if person is alice else alice
        prompt = (await person.chat())["prompt"]
        assert prompt["message_id"] == question["message_id"], "their app opens a reply"
        assert (await others.chat())["prompt"] is None, "and nobody else's"
        sent = await person.send_text(f"{TEXT} {person.name}", reply_to=question["message_id"])
        confirmation = await person.wait_for(replies_to(sent["message_id"], "stored"))
        await gone(person, question["message_id"])

    press = await alice.press(confirmation["message_id"], "Withdraw")
    assert "Only the person who wrote" in press["text"]

    # Talking about an answer is not writing captions, and what nobody said to the bot is not heard.
    before = len(await alice.from_bot())
    for text in ("lol", "Is that really you?"):
        await bob.send_text(text, reply_to=place)
    await bob.send_text("See you tomorrow at the beach")
    sent = await bob.send_text("A woman in an orange suit.", reply_to=place)
    await bob.wait_for(replies_to(sent["message_id"], "replace it?"))
    assert len(await alice.from_bot()) == before + 1
