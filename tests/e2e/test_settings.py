"""What people choose in /settings, and the pages of their /history."""

import asyncio
from typing import Any

from talk import answer_to, buttons, captioned, data_of, says

from bot.sandbox import GROUP

RESNET, MOBILENET = "ResNet-34 + LSTM", "MobileNet + attention"


def marked(message: Any) -> list[str]:
    return [text for row in buttons(message) for text in row if text.startswith("✅")]


def shows(message_id: int, *parts: str) -> Any:
    """Whether the message with this id says all of it, in its text, caption or buttons."""
    return lambda message: (
        message["message_id"] == message_id and all(part in str(message) for part in parts)
    )


async def test_settings_hold_from_the_next_photo_on(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    settings = await answer_to(alice, "/settings")
    place = settings["message_id"]
    assert marked(settings) == ["✅ All models", "✅ 🌐 Automatic", "✅ Normal", "✅ 👀 On request"]

    # The second press of a double click finds the choice made.
    mobilenet = data_of(settings, "MobileNet")
    presses = await asyncio.gather(*(alice.press(place, mobilenet) for _ in range(2)))
    assert all("next photo" in press["text"] for press in presses)
    press = await alice.press(place, "English")
    assert press["text"] == "From now on I speak English."
    await alice.wait_for(shows(place, "✅ MobileNet", "✅ English"))

    answer = await captioned(alice, several_photos[0])
    assert MOBILENET in answer["text"]
    assert RESNET not in answer["text"]

    # An old message goes on working after a restart.
    await bot.stop()
    await start_bot()
    await alice.press(place, "All models")
    await alice.press(place, "Detailed")
    await alice.wait_for(shows(place, "✅ All models", "✅ English", "✅ Detailed"))
    answer = await captioned(alice, several_photos[1])
    assert RESNET in answer["text"]

    # Nobody chooses for somebody else.
    of_alice = await answer_to(alice.in_chat(GROUP), "/settings")
    press = await bob.in_chat(GROUP).press(of_alice["message_id"], "Short")
    assert press["text"] == "Send /settings to choose for yourself."
    assert marked(await answer_to(bob, "/settings"))[2] == "✅ Normal"

    press = await alice.press(place, f"se:{alice.id}:detail:endless", stale=True)
    assert "no longer works" in press["text"]


async def test_every_choice_has_its_effect(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    def is_picture(message: Any) -> bool:
        return "looked" in message.get("caption", "")

    bot = await start_bot()
    resnet, mobilenet = (bot.models[name] for name in ("resnet34-lstm", "mobilenet-attention"))
    settings = await answer_to(alice, "/settings")
    place = settings["message_id"]

    async def choose(*choices: str) -> None:
        for choice in choices:
            assert (await alice.press(place, choice))["answered"]
        await alice.wait_for(shows(place, *(f"✅ {choice}" for choice in choices)))

    await choose("Short", "👀 Always")
    await captioned(alice, several_photos[0])
    picture = await alice.wait_for(is_picture)
    await choose("Detailed", "ResNet-34")
    answer = await captioned(alice, several_photos[0])
    assert MOBILENET not in answer["text"]
    await choose("Normal", "MobileNet", "👀 On request")
    answer = await captioned(alice, several_photos[0])
    assert RESNET not in answer["text"]

    short, detailed = resnet.asked
    assert mobilenet.asked[0] == short
    assert short["length_penalty"] < detailed["length_penalty"]
    assert short["brevity"] > 0
    assert mobilenet.asked[1].keys() == {"alternatives"}, "else as the model's checkpoint says"
    await answer_to(alice, "/help")
    assert [it for it in await alice.from_bot() if is_picture(it)] == [picture], "no more asked for"


async def test_turning_the_pages_of_one_s_history(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    assert "no captions yet" in (await answer_to(alice, "/history"))["text"]
    answers = [await captioned(alice, photo) for photo in several_photos[:3]]
    await alice.press(answers[2]["message_id"], "👍 MobileNet")
    await alice.press(answers[2]["message_id"], "👎 ResNet-34")
    sent = await alice.send_text("A dog sees a photographer.", reply_to=answers[2]["message_id"])
    await alice.wait_for(
        lambda m: m.get("reply_to_message", {}).get("message_id") == sent["message_id"]
    )

    page = await answer_to(alice, "/history")
    place = page["message_id"]
    assert page["photo"]
    assert f"{MOBILENET} 👍" in page["caption"]
    assert f"{RESNET} 👎" in page["caption"]
    assert "A dog sees a photographer." in page["caption"]
    assert buttons(page)[0] == ["1 / 3", "▶️"]

    # A double click turns one page, and the buttons work after a restart.
    older = data_of(page, "▶️")
    await asyncio.gather(*(alice.press(place, older, stale=True) for _ in range(2)))
    page = await alice.wait_for(shows(place, "2 / 3"))
    assert buttons(page)[0] == ["◀️", "2 / 3", "▶️"]
    await bot.stop()
    await start_bot()
    await alice.press(place, "▶️")
    page = await alice.wait_for(shows(place, "3 / 3"))
    first = answers[0]["text"].splitlines()[1]
    assert first in page["caption"]

    # A button that the message no longer has leads where it always did.
    await alice.press(place, older, stale=True)
    page = await alice.wait_for(shows(place, "2 / 3"))

    # One's own photo can be captioned from here too.
    await alice.press(place, "Write a better one")
    await alice.wait_for(says("What would you say about this photo?"))
    await alice.send_text("Two people talk in the street.")
    await alice.wait_for(says("is stored"))
    await alice.press(place, "2 / 3")
    await alice.wait_for(shows(place, "Two people talk in the street."))

    # Others neither see nor turn it.
    press = await bob.press((await answer_to(bob, "/start"))["message_id"], older, stale=True)
    assert press["text"] == "Send /history to see your own captions."
    in_group = await answer_to(alice.in_chat(GROUP), "/history")
    assert "photo" not in in_group

    forget = await answer_to(alice, "/forget")
    await alice.press(forget["message_id"], "Yes")
    await alice.wait_for(says("Deleted:"))
    press = await alice.press(place, older, stale=True)
    assert "no longer know" in press["text"]


async def test_files_and_stickers_have_pages_too(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    await captioned(alice, several_photos[0])
    for send in (
        alice.send_document(several_photos[1], "picture.jpg", "image/jpeg"),
        alice.send_sticker(several_photos[2]),
    ):
        sent = await send
        await alice.wait_for(
            lambda m, sent=sent: m["message_id"] > sent["message_id"] and buttons(m)
        )
    page = await answer_to(alice, "/history")
    assert "does not show this picture" in page["text"], "a sticker cannot bear a caption"
    await alice.press(page["message_id"], "▶️")
    page = await alice.wait_for(lambda m: "2 / 3" in str(buttons(m)))
    assert page["document"]
    await alice.press(page["message_id"], "▶️")
    page = await alice.wait_for(lambda m: "3 / 3" in str(buttons(m)))
    assert page["photo"]
    await alice.press(page["message_id"], "◀️")
    await alice.wait_for(lambda m: "2 / 3" in str(buttons(m)) and "document" in m)
    page = await alice.wait_for(lambda m: "2 / 3" in str(buttons(m)))
    await alice.press(page["message_id"], "◀️")
    await alice.wait_for(lambda m: "1 / 3" in str(buttons(m)) and "text" in m)
    pages = [m for m in await alice.from_bot() if " / 3" in str(buttons(m))]
    assert len(pages) == 1, "one page at a time"
