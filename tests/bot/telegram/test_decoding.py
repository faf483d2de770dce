"""What is made of answers that aiogram alone would refuse whole."""

import logging
from typing import Any

import odd_updates
import pytest
from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramRetryAfter, TelegramServerError
from aiogram.types import Update
from odd_updates import NAME, READ_IN_PART, UNREADABLE, WORDS
from scripted_api import Answer, Server, ok, page, refusal

from bot.telegram.connection import at_most_once
from bot.telegram.decoding import is_unread

GOOD = {"message": odd_updates.message(text="/start")}


async def fetched(server: Server, client: Bot, *updates: dict[str, Any]) -> list[Update]:
    numbered = [{"update_id": 100 + place, **it} for place, it in enumerate(updates)]
    server.on("getUpdates", ok(numbered))
    return await client.get_updates()


def is_discreet(log: str) -> bool:
    return NAME not in log and WORDS not in log


@pytest.mark.parametrize("content", READ_IN_PART.values(), ids=READ_IN_PART)
async def test_a_message_is_read_without_the_part_that_cannot_be(
    server: Server, client: Bot, caplog: pytest.LogCaptureFixture, content: dict[str, Any]
) -> None:
    odd = {"message": odd_updates.message(**content)}
    first, second, third = await fetched(server, client, GOOD, odd, GOOD)
    assert [it.message and it.message.text for it in (first, third)] == ["/start", "/start"]
    assert second.message is not None
    assert (second.message.text, second.message.chat.id) == (WORDS, 2)
    assert second.message.bot is client
    (record,) = caplog.records
    assert "101 (message)" in record.getMessage()
    assert is_discreet(caplog.text)


async def test_of_a_photo_the_sizes_that_can_be_read_are_left(server: Server, client: Bot) -> None:
    odd = odd_updates.message(**READ_IN_PART["a size of a photo beyond 64 bits"])
    (update,) = await fetched(server, client, {"message": odd})
    assert update.message is not None
    assert [size.width for size in update.message.photo or ()] == [90]


async def test_the_message_of_a_button_is_read_in_part(server: Server, client: Bot) -> None:
    odd = odd_updates.message(**READ_IN_PART["a hidden forwarder without a name"])
    press = {"id": "1", "from": odd_updates.person(2), "chat_instance": "1", "data": "x"}
    (update,) = await fetched(server, client, {"callback_query": {**press, "message": odd}})
    assert update.callback_query is not None
    assert update.callback_query.message is not None
    assert update.callback_query.message.message_id == 7


@pytest.mark.parametrize("odd", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_update_that_cannot_be_read_leaves_its_place(
    server: Server, client: Bot, caplog: pytest.LogCaptureFixture, odd: dict[str, Any]
) -> None:
    first, second, third = await fetched(server, client, GOOD, odd, GOOD)
    assert [it.message and it.message.text for it in (first, third)] == ["/start", "/start"]
    assert is_unread(second)
    assert not is_unread(first)
    assert second.bot is client, "else aiogram would read it again"
    assert second.update_id == 101, "so that it can be confirmed"
    (record,) = caplog.records
    assert f"101 ({next(iter(odd), 'empty')})" in record.getMessage()
    assert is_discreet(caplog.text)


async def test_updates_that_stopped_other_bots(server: Server, client: Bot) -> None:
    if not odd_updates.STOPPED_POLLING.exists():
        pytest.skip(f"There is no {odd_updates.STOPPED_POLLING.name}.")
    for odd in odd_updates.that_stopped_polling():
        server.on("getUpdates", ok([odd, {**GOOD, "update_id": 5000}]))
        _, good = await client.get_updates()
        assert good.message is not None


async def test_an_update_without_an_id_is_left_out(server: Server, client: Bot) -> None:
    server.on("getUpdates", ok([GOOD, None, {"update_id": 10**40}, {**GOOD, "update_id": 7}]))
    assert [update.update_id for update in await client.get_updates()] == [7]


USELESS: dict[str, Answer] = {
    "null": ok(None),
    "no list": ok({"update_id": 1}),
    "updates without any id": ok([GOOD, GOOD]),
    "a number of 5000 digits": page(200, b'{"ok": true, "result": ' + b"9" * 5000 + b"}"),
    "a very deep list": page(200, b"[" * 100_000),
    "nothing": page(200, b""),
    "no object": page(200, b"[]"),
    "no verdict": page(200, f'{{"result": ["{NAME}"]}}'.encode()),
    "a page": page(200, f"<p>{NAME}</p>".encode()),
}


@pytest.mark.parametrize("answer", USELESS.values(), ids=USELESS)
async def test_an_answer_without_updates_is_an_error_that_quotes_nothing(
    server: Server, client: Bot, answer: Answer
) -> None:
    server.on("getUpdates", answer)
    with pytest.raises(ClientDecodeError) as caught:
        await client.get_updates()
    assert NAME not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


async def test_the_id_of_a_message_is_enough_to_know_that_it_was_sent(
    server: Server, client: Bot
) -> None:
    odd = odd_updates.message(chat={"type": "moon"}, message_id=31)
    server.on("sendMessage", ok(odd))
    with at_most_once():
        assert (await client.send_message(2, "hello")).message_id == 31
    server.on("sendPhoto", ok(odd))
    assert (await client.send_photo(2, "file")).message_id == 31
    assert server.calls == ["sendMessage", "sendPhoto"]


async def test_a_sent_message_is_read_without_the_part_that_cannot_be(
    server: Server, client: Bot
) -> None:
    odd = READ_IN_PART["a hidden forwarder without a name"]
    server.on("sendPhoto", ok(odd_updates.message(photo=[odd_updates.size()], **odd)))
    sent = await client.send_photo(2, "file")
    assert [size.file_id for size in sent.photo or ()] == ["f"]


async def test_an_edit_whose_answer_is_odd_was_made(server: Server, client: Bot) -> None:
    server.on("editMessageText", ok({"message_id": 8}))
    await client.edit_message_text("hello", chat_id=2, message_id=8)
    assert server.count("editMessageText") == 1


async def test_members_of_unknown_kinds_are_left_out(server: Server, client: Bot) -> None:
    owner = {"status": "creator", "user": odd_updates.person(5), "is_anonymous": False}
    server.on("getChatAdministrators", ok([{"status": "ghost"}, owner]))
    members = await client.get_chat_administrators(-100)
    assert [member.user.id for member in members] == [5]


async def test_refusals_without_their_reasons(server: Server, client: Bot) -> None:
    server.on("getMe", page(500, b'{"ok": false}'))
    with pytest.raises(TelegramServerError):
        await client.get_me()
    body = b'{"ok": false, "description": null, "parameters": {"retry_after": 900, "x": {}}}'
    server.on("getMe", page(429, body))
    with pytest.raises(TelegramRetryAfter) as caught:
        await client.get_me()
    assert caught.value.retry_after == 900
    server.on("getMe", refusal(500, "trouble", retry_after="soon"))
    with pytest.raises(TelegramServerError):
        await client.get_me()


async def test_whole_updates_leave_no_trace(
    server: Server, client: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "bot"):
        (update,) = await fetched(server, client, GOOD)
    assert update.event_type == "message"
    assert caplog.records == []
