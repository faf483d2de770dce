"""The buttons under an answer: where it looked, other wordings, and counts in groups."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from talk import Message, answer_to, buttons, captioned, data, data_of, says, shows

from bot.sandbox import BOT_USERNAME, GROUP
from bot.texts.conversation import forgotten_answer_text

LOOKED, WORDINGS = "Where it looked", "Other wordings"


def is_picture(message: Message) -> bool:
    return "photo" in message and "looked" in message.get("caption", "")


async def pictures_for(person: Any) -> list[Message]:
    return [message for message in await person.from_bot() if is_picture(message)]


def stored(data_dir: Path, query: str) -> list[Any]:
    with sqlite3.connect(data_dir / "captionbot.db") as database:
        return database.execute(query).fetchall()


async def test_where_it_looked_is_drawn_once_and_then_sent_by_its_id(
    start_bot: Any, alice: Any, api_server: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    place, look = answer["message_id"], data_of(answer, LOOKED)
    downloads = len(await api_server.calls("getFile"))

    # A double click: one picture, both presses answered.
    first, second = await asyncio.gather(
        alice.press(place, look), alice.press(place, look, stale=True)
    )
    assert first["answered"]
    assert second["answered"]
    picture = await alice.wait_for(is_picture)
    assert picture["reply_to_message"]["message_id"] == place
    assert "Where MobileNet + attention looked" in picture["caption"]
    size = picture["photo"][-1]
    assert size["width"] > 800
    assert (await alice.press(place, look))["text"].startswith("It is on its way or here")
    assert len(await pictures_for(alice)) == 1
    assert len(await api_server.calls("getFile")) == downloads + 1

    # After a restart the same picture comes again, neither downloaded nor drawn.
    await bot.stop()
    bot = await start_bot()
    assert (await alice.press(place, look))["answered"]
    again = await alice.wait_for(
        lambda message: is_picture(message) and message["message_id"] > picture["message_id"]
    )
    assert again["photo"][-1]["file_unique_id"] == size["file_unique_id"]
    assert len(await api_server.calls("getFile")) == downloads + 1

    # One that Telegram keeps no longer is drawn anew.
    await bot.stop()
    await start_bot()
    gone = "Bad Request: wrong file identifier/HTTP URL specified"
    await api_server.fault("sendPhoto", times=1, status=400, description=gone)
    await alice.press(place, look)
    await alice.wait_for(
        lambda message: is_picture(message) and message["message_id"] > again["message_id"]
    )
    assert len(await api_server.calls("getFile")) == downloads + 2


async def test_a_photo_that_cannot_be_downloaded_any_more_is_explained(
    start_bot: Any, alice: Any, api_server: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    await api_server.fault("getFile", times=1, status=400)
    pressed = await alice.press(answer["message_id"], LOOKED)
    assert pressed["answered"]
    await alice.wait_for(says("can no longer be downloaded"))
    assert await pictures_for(alice) == []

    # What failed may be tried again at once.
    await alice.press(answer["message_id"], LOOKED)
    await alice.wait_for(is_picture)


async def test_other_wordings_come_once(start_bot: Any, alice: Any, photo_bytes: bytes) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    place, wordings = answer["message_id"], data_of(answer, WORDINGS)
    presses = await asyncio.gather(*(alice.press(place, wordings, stale=True) for _ in range(3)))
    assert all(press["answered"] for press in presses)
    told = await alice.wait_for(says("<Wording> 1 & of resnet34-lstm."))
    assert told["reply_to_message"]["message_id"] == place
    assert "<Wording> 3 & of mobilenet-attention." in told["text"]
    assert len([m for m in await alice.from_bot() if says(WORDINGS)(m)]) == 1


async def test_buttons_of_a_forgotten_answer_say_so(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    look, wordings = data_of(answer, LOOKED), data_of(answer, WORDINGS)

    # Nobody reads an answer of another chat by its number.
    bobs = await captioned(bob, b"".join([photo_bytes, b"\0"]))
    for button in (look, wordings):
        pressed = await bob.press(bobs["message_id"], button, stale=True)
        assert pressed["text"] == forgotten_answer_text()

    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], data(question, 0, 0))
    await alice.wait_for(says("Deleted"))
    for button in (look, wordings):
        pressed = await alice.press(place, button, stale=True)
        assert pressed["text"] == forgotten_answer_text()
        assert pressed["show_alert"]
    assert await pictures_for(alice) == []
    assert await pictures_for(bob) == []


async def test_a_group_sees_how_many_pressed(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    alices, bobs = alice.in_chat(GROUP), bob.in_chat(GROUP)
    sent = await alices.send_photo(photo_bytes, f"@{BOT_USERNAME} what is this?")
    answer = await alices.wait_for(
        lambda message: message["message_id"] > sent["message_id"] and buttons(message)
    )
    place, (resnet, mobilenet, *more) = answer["message_id"], buttons(answer)
    assert (resnet, mobilenet) == (
        ["👍 ResNet-34", "👎 ResNet-34"],
        ["👍 MobileNet", "👎 MobileNet"],
    )
    good, bad = data(answer, 0, 0), data(answer, 0, 1)

    await asyncio.gather(alices.press(place, good), bobs.press(place, good, stale=True))
    await shows(alices, place, [["👍 2 ResNet-34", "👎 ResNet-34"], mobilenet, *more])
    await bobs.press(place, bad)
    await shows(alices, place, [["👍 1 ResNet-34", "👎 1 ResNet-34"], mobilenet, *more])
    await bobs.press(place, bad)
    await shows(bobs, place, [["👍 1 ResNet-34", "👎 ResNet-34"], mobilenet, *more])

    # The picture is for all: a second person who presses right away gets no other one.
    await alices.press(place, LOOKED)
    await bobs.press(place, LOOKED)
    picture = await bobs.wait_for(is_picture)
    assert picture["reply_to_message"]["message_id"] == place
    assert len(await pictures_for(alices)) == 1


async def test_a_group_does_not_see_what_was_rated_in_private(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    private = await captioned(alice, photo_bytes)
    assert (await alice.press(private["message_id"], "👎 ResNet-34"))["answered"]
    alices, bobs = alice.in_chat(GROUP), bob.in_chat(GROUP)
    sent = await alices.send_photo(photo_bytes, f"@{BOT_USERNAME}")
    answer = await bobs.wait_for(
        lambda message: message["message_id"] > sent["message_id"] and buttons(message)
    )
    assert buttons(answer)[0] == ["👍 ResNet-34", "👎 ResNet-34"], "the photo is known, though"
    assert answer["text"] == private["text"]

    # Said in the group, the same counts there, and stays what it was in private.
    await alices.press(answer["message_id"], "👎 ResNet-34")
    await shows(
        bobs, answer["message_id"], [["👍 ResNet-34", "👎 1 ResNet-34"], *buttons(answer)[1:]]
    )
    other = await captioned(alice, photo_bytes)
    assert "✅ 👎 ResNet-34" in str(buttons(other))


async def test_captions_are_as_long_as_chosen_and_the_picture_comes_always(
    start_bot: Any, alice: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    bot = await start_bot()
    await captioned(alice, photo_bytes)
    settings = await answer_to(alice, "/settings")
    for choice in ("Short", "Always"):
        assert (await alice.press(settings["message_id"], choice))["answered"]
    answer = await captioned(alice, photo_bytes)
    assert "<Caption> 2" in answer["text"], "short captions are others than those stored"
    picture = await alice.wait_for(is_picture)
    assert picture["message_id"] > answer["message_id"]
    first, second = bot.models["mobilenet-attention"].asked
    assert "brevity" not in first
    assert second["brevity"] > 0
    rows = stored(tmp_path / "data", "SELECT DISTINCT options FROM captions ORDER BY id")
    assert len({options for (options,) in rows}) == 4
    assert all("weights=weights-of-" in options for (options,) in rows)
