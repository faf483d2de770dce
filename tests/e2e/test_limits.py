"""How much the bot does for a person, and for whom: limits, the allow-list, bans."""

from datetime import UTC, datetime, timedelta
from typing import Any

from talk import answer_to, buttons, captioned, data, says

from bot.people import limits
from bot.sandbox import ALICE, BOB, BOT_USERNAME, GROUP
from bot.texts.access import banned_text, not_invited_text
from bot.texts.conversation import start_text, unknown_command_text

SECOND = "I accept 2 photos a day"


async def said(person: Any, text: str) -> int:
    """How many of the bot's messages in a chat contain a text."""
    return len([it for it in await person.from_bot() if text in it.get("text", "")])


async def test_a_daily_quota_counts_all_chats_and_is_told_once(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot(photos_per_day=2)
    await captioned(alice, several_photos[0])
    in_group = alice.in_chat(GROUP)
    photo = await in_group.send_photo(several_photos[1])
    await in_group.send_text("/caption", reply_to=photo["message_id"])
    await in_group.wait_for(buttons)

    refused = await alice.send_photo(several_photos[2])
    told = await alice.wait_for(says(SECOND))
    assert told["reply_to_message"]["message_id"] == refused["message_id"]
    await alice.redeliver(refused["message_id"])
    await answer_to(alice, "/help")
    assert await said(alice, SECOND) == 1, "the same photo is not told of twice"

    # It is no way round it to begin anew, nor to be forgotten.
    await bot.stop()
    await start_bot(photos_per_day=2)
    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], data(question, 0, 0))
    await alice.wait_for(says("Deleted: 2 photos"))
    again = await alice.send_photo(several_photos[4])
    await alice.wait_for(
        lambda it: it["message_id"] > again["message_id"] and SECOND in it.get("text", "")
    )

    assert buttons(await captioned(bob, several_photos[0])), "Bob has a quota of his own"


async def test_an_album_beyond_the_quota_is_answered_in_part_and_told_once(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    await start_bot(photos_per_day=2)
    await alice.send_album(several_photos[:4])
    await alice.wait_for(says(SECOND))
    answer = await alice.wait_for(buttons)
    assert "2." in answer["text"]
    assert "3." not in answer["text"]
    await answer_to(alice, "/help")
    assert await said(alice, SECOND) == 1


async def test_photos_beyond_a_minute_s_limit_wait_and_are_all_answered(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes], monkeypatch: Any
) -> None:
    """What was seen: of an album a part was left out, and a single photo met silence."""
    # A minute is as good as over, and each lasts for a moment.
    monkeypatch.setattr(limits, "MINUTE", timedelta(seconds=1))
    moment = datetime(2026, 3, 10, 9, 41, tzinfo=UTC)
    monkeypatch.setattr(limits, "utc_now", lambda: moment)
    monkeypatch.setattr(limits, "window", lambda period, it: f"{period} {it}")
    await start_bot(photos_per_minute=3)
    await alice.send_album(several_photos[:2])
    album = await alice.send_album(several_photos[2:4])
    single = await alice.send_photo(several_photos[4])
    assert buttons(await captioned(bob, several_photos[2])), "others are not held up"
    notice = await alice.wait_for(says("wait for their turn"))
    assert "2 photos" in notice["text"]
    assert "3 photos a minute" in notice["text"]
    assert notice["reply_to_message"]["message_id"] == album[1]["message_id"]

    def answers(message_id: int) -> Any:
        return lambda it: (
            buttons(it) and it.get("reply_to_message", {}).get("message_id") == message_id
        )

    in_album = await alice.wait_for(answers(album[0]["message_id"]))
    assert "2." in in_album["text"]
    assert await alice.wait_for(answers(single["message_id"]))
    assert len([it for it in await alice.from_bot() if buttons(it)]) == 3


async def test_a_group_that_is_allowed_stays_so_when_it_moves(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot(allowed_ids=frozenset({GROUP.id}))
    assert (await answer_to(bob, "/start"))["text"] == not_invited_text(BOB.id)

    async def is_answered(person: Any, photo: bytes) -> None:
        sent = await person.send_photo(photo, f"@{BOT_USERNAME}")
        await person.wait_for(lambda it: it["message_id"] > sent["message_id"] and buttons(it))

    await is_answered(bob.in_chat(GROUP), several_photos[0])
    supergroup = await alice.in_chat(GROUP).migrate()
    await is_answered(bob.in_chat(supergroup), several_photos[1])
    await bot.stop()
    await start_bot(allowed_ids=frozenset({GROUP.id}))
    await is_answered(alice.in_chat(supergroup), several_photos[2])


async def test_a_private_bot_serves_only_whom_it_knows(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot(allowed_ids=frozenset({ALICE.id}))
    assert (await answer_to(bob, "/start"))["text"] == not_invited_text(BOB.id)
    await bob.send_photo(photo_bytes)
    await bob.send_text("/start")
    # What concerns one's own data is for everyone, and comes after the silence.
    assert "What I store about you" in (await answer_to(bob, "/privacy"))["text"]
    assert len(await bob.from_bot()) == 2

    assert (await answer_to(alice, "/ban 5"))["text"] == unknown_command_text()
    assert buttons(await captioned(alice, photo_bytes))

    # In a group that is not allowed either, only those who are get answers.
    alices, bobs = alice.in_chat(GROUP), bob.in_chat(GROUP)
    await bobs.send_photo(photo_bytes, f"@{BOT_USERNAME}")
    sent = await alices.send_photo(photo_bytes, f"@{BOT_USERNAME}")
    answer = await alices.wait_for(buttons)
    assert await alices.from_bot() == [answer]
    assert answer["reply_to_message"]["message_id"] == sent["message_id"]
    for _ in range(2):
        press = await bobs.press(answer["message_id"], data(answer, 0, 0))
        assert (press["text"], press["show_alert"]) == (not_invited_text(BOB.id), True)


async def test_banning_and_unbanning(
    start_bot: Any, alice: Any, bob: Any, admin: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    answer = await captioned(bob, photo_bytes)
    nuisance = await bob.in_chat(GROUP).send_text("/caption please")
    in_group = admin.in_chat(GROUP)
    await in_group.send_text("/ban", reply_to=nuisance["message_id"])
    await in_group.wait_for(says(f"{BOB.id} is banned."))
    await in_group.send_text(f"/ban {BOB.id}")
    await in_group.wait_for(says(f"{BOB.id} is banned already."))
    assert "Reply with /ban" in (await answer_to(admin, "/ban somebody"))["text"]
    assert "cannot ban" in (await answer_to(admin, f"/ban {admin.id}"))["text"]

    assert (await answer_to(bob, "/start"))["text"] == banned_text()
    await bot.stop()
    await start_bot()
    await bob.send_text("/start")
    for _ in range(2):
        pressed = await bob.press(answer["message_id"], data(answer, 0, 0))
        assert pressed["answered"]
        assert pressed["text"] == banned_text()
    assert await said(bob, banned_text()) == 1, "a ban outlives a restart, and is told once"

    # Who has everything deleted is banned still.
    question = await answer_to(bob, "/forget")
    await bob.press(question["message_id"], data(question, 0, 0))
    await bob.wait_for(says("Deleted: 1 photo"))
    await bob.send_photo(photo_bytes)

    assert "may use the bot again" in (await answer_to(admin, f"/unban {BOB.id}"))["text"]
    assert "was not banned" in (await answer_to(admin, f"/unban {BOB.id}"))["text"]
    welcome = (await answer_to(bob, "/start"))["text"]
    assert welcome.startswith(start_text().partition("\n")[0][:20])
    assert not any(buttons(it) for it in (await bob.from_bot())[-2:]), "the photo was ignored"
