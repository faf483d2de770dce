import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramEntityTooLarge, TelegramRetryAfter, TelegramServerError
from aiohttp import web
from scripted_api import Answer, Server, cut, ok, page, refusal

import bot.telegram.connection
from bot.telegram.connection import Following, at_most_once, impatient

MESSAGE = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}


async def test_flood_control_is_obeyed(
    server: Server, client: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(bot.telegram.connection.asyncio, "sleep", remember)
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=7), ok(MESSAGE))
    assert (await client.send_message(7, "hello")).message_id == 5
    assert 7.0 in waits


async def test_a_long_flood_control_is_the_callers_affair(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=3600))
    with pytest.raises(TelegramRetryAfter):
        await client.send_message(7, "hello")


async def test_whoever_has_other_things_to_do_waits_for_a_second(
    server: Server, client: Bot
) -> None:
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=1), ok(MESSAGE))
    with impatient():
        assert (await client.send_message(7, "hello")).message_id == 5
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=2))
    before = server.count("sendMessage")
    with impatient(), pytest.raises(TelegramRetryAfter):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == before + 1


@pytest.mark.parametrize("trouble", [refusal(502, "Bad Gateway"), page(502), cut])
async def test_a_failing_server_is_asked_again(
    server: Server, client: Bot, trouble: Answer
) -> None:
    server.on("sendMessage", trouble, trouble, ok(MESSAGE))
    assert (await client.send_message(7, "hello")).message_id == 5
    assert server.count("sendMessage") == 3


async def test_patience_ends(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(500, "Internal Server Error"))
    with pytest.raises(TelegramServerError):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == bot.telegram.connection.TRIES


async def test_what_must_not_come_twice_is_not_repeated(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with at_most_once(), pytest.raises(Exception, match="Client"):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == 1


async def test_what_is_too_large_is_not_sent_again(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(413, "Request Entity Too Large"))
    with pytest.raises(TelegramEntityTooLarge):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == 1


async def test_a_group_that_has_become_a_supergroup_is_followed(
    server: Server, client: Bot
) -> None:
    moves: list[tuple[int, int]] = []
    chats: list[str] = []

    async def moved(old_id: int, new_id: int) -> None:
        moves.append((old_id, new_id))

    async def answer(request: web.Request) -> web.StreamResponse:
        chats.append(str((await request.post())["chat_id"]))
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        upgraded = refusal(400, words, migrate_to_chat_id=-1005)
        return await (upgraded if chats[-1] == "-5" else ok(MESSAGE))(request)

    client.session.middleware(Following(moved))
    server.on("sendMessage", answer)
    with at_most_once():
        assert (await client.send_message(-5, "hello")).message_id == 5
    assert (chats, moves) == (["-5", "-1005"], [(-5, -1005)])


async def test_it_is_followed_also_when_that_cannot_be_stored(server: Server, client: Bot) -> None:
    async def fail(_old_id: int, _new_id: int) -> None:
        raise OSError("no room")

    client.session.middleware(Following(fail))
    server.on("sendMessage", refusal(400, "upgraded", migrate_to_chat_id=-1005), ok(MESSAGE))
    assert (await client.send_message(-5, "hello")).message_id == 5
