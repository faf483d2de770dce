"""Groups and channels: who asks is answered, everyone can rate, and administrators may ask for all.

The sandbox's group has privacy mode on: of what people write the bot sees only what is meant for
it. Alice owns the group and the channel; Bob is a member.
"""

from typing import Any

import pytest
from talk import Message, answer_to, buttons, data, says

from bot.sandbox import BOT_USERNAME, CHANNEL, GROUP
from bot.texts.groups import (
    autocaption_text,
    captioned_already_text,
    group_has_moved_text,
    only_administrators_text,
    reply_to_a_photo_text,
)
from bot.texts.unreadable import Unreadable, unreadable_text


@pytest.fixture
def club(alice: Any) -> Any:
    """Alice in the group."""
    return alice.in_chat(GROUP)


@pytest.fixture
def bob_in_club(bob: Any) -> Any:
    return bob.in_chat(GROUP)


def is_reply_to(message: Message, sent: Message) -> bool:
    replied = message.get("reply_to_message", {})
    return bool(replied.get("message_id") == sent["message_id"])


async def answer_below(person: Any, sent: Message) -> Message:
    """The captions in reply to a photo."""
    found: Message = await person.wait_for(
        lambda message: is_reply_to(message, sent) and buttons(message)
    )
    return found


async def see_all(person: Any, bot: str = "administrator") -> None:
    """Let the bot see everything in the group."""
    await person.set_member((await person.chat())["bot"]["id"], bot)


async def test_who_asks_is_answered(
    start_bot: Any, club: Any, bob_in_club: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    await see_all(club)  # being quiet is no merit of one who hears nothing
    first, second, third = several_photos[:3]
    await club.send_text("Good morning!")
    unasked = await club.send_photo(first)
    mentioned = await club.send_photo(second, f"What is this, @{BOT_USERNAME}?")
    answer = await answer_below(club, mentioned)
    assert await club.from_bot() == [answer]

    # Bob asks about Alice's photo, and then Alice about what is answered already.
    await bob_in_club.send_text("/caption", reply_to=unasked["message_id"])
    asked = await answer_below(club, unasked)
    await club.send_text("/caption", reply_to=unasked["message_id"])
    pointer = await club.wait_for(says(captioned_already_text()))
    assert is_reply_to(pointer, asked)
    assert (await answer_to(club, "/caption"))["text"] == reply_to_a_photo_text()

    # Every member rates for themself, also after a restart; others' presses are not taken back.
    await bot.stop()
    await start_bot()
    good = data(answer, 0, 0)
    for member in (club, bob_in_club):
        assert (await member.press(answer["message_id"], good, stale=True))["text"] == (
            "👍 Thank you!"
        )
    again = await bob_in_club.press(answer["message_id"], good, stale=True)
    assert again["text"] == "Your rating is taken back."

    # A caption that mentions the bot only later, and then another photo.
    late = await club.send_photo(third)
    await club.edit(late["message_id"], text=f"@{BOT_USERNAME}")
    earlier = await answer_below(club, late)
    await club.edit(late["message_id"], text=f"@{BOT_USERNAME}", data=first)
    await club.wait_for(
        lambda message: (
            is_reply_to(message, late)
            and message["message_id"] > earlier["message_id"]
            and buttons(message)
        )
    )


async def test_with_privacy_mode_on(start_bot: Any, club: Any, photo_bytes: bytes) -> None:
    await start_bot()
    silent = await club.send_photo(photo_bytes)
    mentioned = await club.send_photo(photo_bytes, f"@{BOT_USERNAME}")
    await answer_below(club, mentioned)
    await club.send_text(f"/caption@{BOT_USERNAME}", reply_to=silent["message_id"])
    await answer_below(club, silent)


async def test_an_album_whose_question_comes_last(
    start_bot: Any, club: Any, bob_in_club: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    await see_all(club)
    unasked = await bob_in_club.send_album(several_photos[:2])
    # The caption, which asks, is on the first photo.
    album = await club.send_album(several_photos[:3], f"@{BOT_USERNAME}", deliver=[2, 1, 0])
    answer = await club.wait_for(lambda it: "3." in it.get("text", "") and buttons(it))
    assert answer["reply_to_message"]["message_id"] in {it["message_id"] for it in album}
    assert buttons(answer)[0] == ["• 1 •", "2", "3"]
    second = data(answer, 0, 1)
    for member in (club, bob_in_club, bob_in_club):
        assert (await member.press(answer["message_id"], second, stale=True))["answered"]
    opened = await club.wait_for(lambda it: buttons(it)[:1] == [["1", "• 2 •", "3"]])
    assert await club.from_bot() == [opened], "about the other album it is quiet"

    # Later somebody asks about one photo of the other album.
    await club.send_text("/caption", reply_to=unasked[1]["message_id"])
    await answer_below(club, unasked[1])


async def test_alternative_texts_in_a_channel(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    channel = alice.in_chat(CHANNEL)
    before, during, after, last = several_photos[:4]
    await channel.send_photo(before)
    await channel.send_text("/autocaption on")
    await channel.wait_for(says(autocaption_text(is_on=True)))
    assert len(await channel.from_bot()) == 1, "the photo before is left alone"

    await bot.stop()
    await start_bot()  # the choice is not forgotten
    post = await channel.send_photo(during)
    text = await channel.wait_for(lambda message: is_reply_to(message, post))
    assert "of mobilenet-attention." in text["text"]
    assert "resnet34-lstm" not in text["text"]
    await channel.redeliver(post["message_id"])
    await channel.edit(post["message_id"], data=after)
    again = await channel.wait_for(
        lambda message: is_reply_to(message, post) and message["message_id"] > text["message_id"]
    )
    assert again["text"] != text["text"], "another photo has another text, the same gets no other"

    await channel.send_text("/autocaption off")
    await channel.wait_for(says(autocaption_text(is_on=False)))
    count = len(await channel.from_bot())
    await channel.send_photo(last)
    await channel.send_text("/autocaption")
    await channel.wait_for(says("no description unless"))
    assert len(await channel.from_bot()) == count + 1


async def test_an_album_in_a_channel_has_one_text(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    channel = alice.in_chat(CHANNEL)
    await channel.send_text("/autocaption on")
    await channel.wait_for(says(autocaption_text(is_on=True)))
    photos = several_photos[:3]
    album = await channel.send_album(photos, "Three at once", deliver=[2, 0, 0])
    text = await channel.wait_for(lambda it: it["text"].startswith("🖼") and "2. " in it["text"])
    await channel.redeliver(album[1]["message_id"])
    whole = await channel.wait_for(lambda it: "3. " in it["text"])
    assert whole["message_id"] == text["message_id"]
    assert len(await channel.from_bot()) == 2


async def test_a_group_that_becomes_a_supergroup(
    start_bot: Any, club: Any, alice: Any, bob_in_club: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    await see_all(club)
    await bob_in_club.send_text("/autocaption on")
    await club.wait_for(says(only_administrators_text()))
    await club.send_text("/autocaption on")
    await club.wait_for(says(autocaption_text(is_on=True)))
    first = await bob_in_club.send_photo(several_photos[0])
    await club.wait_for(lambda message: is_reply_to(message, first))

    moved = alice.in_chat(await club.migrate())
    second = await moved.send_photo(several_photos[1])
    await moved.wait_for(lambda message: is_reply_to(message, second))


async def test_only_administrators_choose_texts_for_a_group(
    start_bot: Any, club: Any, bob_in_club: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    await see_all(club)
    # A double click, so to speak.
    for _ in range(2):
        await club.send_text("/autocaption on")
    await bob_in_club.send_text("/autocaption off")
    await club.wait_for(says(only_administrators_text()))
    await bot.stop()
    await start_bot()
    described = await bob_in_club.send_photo(several_photos[0])
    text = await club.wait_for(lambda message: is_reply_to(message, described))
    assert buttons(text) == [], "it is an alternative text, and nobody has asked for opinions"

    await club.send_text("/autocaption off")
    await club.wait_for(says(autocaption_text(is_on=False)))
    await bob_in_club.send_text("/autocaption on")
    sent = await bob_in_club.send_photo(several_photos[1])
    asked = await club.send_photo(several_photos[2], f"@{BOT_USERNAME}")
    await answer_below(club, asked)
    refusals = [it for it in await club.from_bot() if says(only_administrators_text())(it)]
    assert len(refusals) == 2
    assert not any(is_reply_to(it, sent) for it in await club.from_bot())


async def test_what_cannot_be_captioned_is_told_to_who_asks(start_bot: Any, club: Any) -> None:
    await start_bot()
    await see_all(club)
    jpeg_xl = b"\xff\x0a and so on"
    for ask in (f"@{BOT_USERNAME}", ""):
        sent = await club.send_document(jpeg_xl, "1.jxl", "image/jxl", ask)
        if not ask:
            await club.send_text("/caption", reply_to=sent["message_id"])
        await club.wait_for(
            lambda it, sent=sent: (
                is_reply_to(it, sent)
                and it["text"] == unreadable_text(Unreadable("format", "JPEG XL"))
            )
        )
    await club.send_document(jpeg_xl, "2.jxl", "image/jxl")
    await answer_to(club, "/help")
    assert len(await club.from_bot()) == 3, "nobody has asked about the last"


async def test_a_photo_on_its_way_when_a_group_moves(
    start_bot: Any, club: Any, alice: Any, api_server: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    earlier = await answer_below(club, await club.send_photo(several_photos[1], f"@{BOT_USERNAME}"))
    await api_server.fault("download", delay=4.0)
    await club.send_photo(several_photos[0], f"@{BOT_USERNAME}")
    await club.wait_for(says("Looking at your photo"))
    moved = alice.in_chat(await club.migrate())
    answer = await moved.wait_for(lambda it: buttons(it) and it != earlier)
    assert answer["chat"]["id"] == moved.chat_id, "nobody can read it where the group was"
    await bot.stop()
    await start_bot()
    good = data(answer, 0, 0)
    for text in ("👍 Thank you!", "Your rating is taken back."):
        assert (await moved.press(answer["message_id"], good, stale=True))["text"] == text
    assert len([it for it in await moved.from_bot() if buttons(it)]) == 2

    # What was written where the group was stays there as it is.
    for row in earlier["reply_markup"]["inline_keyboard"]:
        press = await club.press(earlier["message_id"], row[0]["callback_data"])
        assert (press["text"], press["show_alert"]) == (group_has_moved_text(), True)
    assert await club.message(earlier["message_id"]) == earlier
    again = await moved.send_photo(several_photos[1], f"@{BOT_USERNAME}")
    assert (await answer_below(moved, again))["text"] == earlier["text"]
