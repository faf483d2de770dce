import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter, TelegramServerError
from scripted_api import Answer, Server, cut, ok, page, refusal

import bot.telegram.connection
from bot.telegram.connection import at_most_once, impatient

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
