import asyncio
import json

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter, TelegramServerError
from aiohttp import web
from scripted_api import TOKEN, Answer, Server, cut, ok, page, refusal

import bot.telegram
from bot.answers import ShownAnswer, ShownCaption
from bot.chats import TelegramChats
from bot.downloads import UnavailableError
from bot.messenger import MessageGoneError, UncertainError, UnreachableError
from bot.steps import Announcement, Claim, Outcome
from bot.storage.tables import ANSWER
from bot.telegram import at_most_once, create_bot

MESSAGE = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}
CLAIM = Claim(1, "claim", 1)


def outcome(placeholder_id: int | None = 5, failure: str | None = None) -> Outcome:
    captions = () if failure else (ShownCaption(3, "resnet34-lstm", "A <dog> & a cat."),)
    answer = ShownAnswer(CLAIM.job_id, 7, ("resnet34-lstm",), captions, failure)
    return Outcome(CLAIM, 7, 4, 7, "en", ANSWER, placeholder_id, (answer,))


# ---- patience ----


async def test_flood_control_is_obeyed(
    server: Server, client: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(bot.telegram.asyncio, "sleep", remember)
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=7), ok(MESSAGE))
    assert (await client.send_message(7, "hello")).message_id == 5
    assert 7.0 in waits


async def test_a_long_flood_control_is_the_callers_affair(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=3600))
    with pytest.raises(TelegramRetryAfter):
        await client.send_message(7, "hello")
    with pytest.raises(UnavailableError) as caught:
        await TelegramChats(client).announce(Announcement(CLAIM, 7, 4, "en", 1))
    assert caught.value.retry_after == 3600


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
    assert server.count("sendMessage") == bot.telegram.TRIES


async def test_what_must_not_come_twice_is_not_repeated(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with at_most_once(), pytest.raises(Exception, match="Client"):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == 1


# ---- the worker's view ----


async def test_an_answer_is_escaped_and_has_buttons(server: Server, client: Bot) -> None:
    sent: list[dict[str, object]] = []

    async def remember(request: web.Request) -> web.Response:
        sent.append(dict(await request.post()))
        return web.json_response({"ok": True, "result": MESSAGE})

    server.on("editMessageText", remember)
    await TelegramChats(client).edit(outcome())
    [edit] = sent
    assert "<b>ResNet-34 + LSTM</b>" in str(edit["text"])
    assert "A &lt;dog&gt; &amp; a cat." in str(edit["text"])
    assert edit["parse_mode"] == "HTML"
    [up, down] = json.loads(str(edit["reply_markup"]))["inline_keyboard"][0]
    assert (up["text"], down["text"]) == ("👍", "👎")


async def test_not_modified_is_success(server: Server, client: Bot) -> None:
    server.on("editMessageText", refusal(400, "Bad Request: message is not modified: specified …"))
    await TelegramChats(client).edit(outcome())
    assert server.count("editMessageText") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "Bad Request: message to edit not found"), MessageGoneError),
        (refusal(400, "Bad Request: message can't be edited"), MessageGoneError),
        (refusal(400, "Bad Request: chat not found"), UnreachableError),
        (refusal(403, "Forbidden: bot was blocked by the user"), UnreachableError),
        (refusal(500, "Internal Server Error"), UnavailableError),
        (page(502), UnavailableError),
        (cut, UnavailableError),
    ],
)
async def test_telegrams_answers_in_the_workers_words(
    server: Server, client: Bot, answer: Answer, error: type[Exception]
) -> None:
    server.on("editMessageText", answer)
    with pytest.raises(error):
        await TelegramChats(client).edit(outcome())


async def test_only_the_persons_own_block_is_one(server: Server, client: Bot) -> None:
    for words, blocked in (
        ("Forbidden: bot was blocked by the user", True),
        ("Forbidden: user is deactivated", True),
        ("Forbidden: bot was kicked from the group chat", False),
    ):
        server.on("sendMessage", refusal(403, words))
        with pytest.raises(UnreachableError) as caught:
            await TelegramChats(client).announce(Announcement(CLAIM, 7, 4, "en", 1))
        assert caught.value.blocked == blocked


async def test_a_broken_connection_while_sending_is_uncertain(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with pytest.raises(UncertainError):
        await TelegramChats(client).send(outcome(None))
    assert server.count("sendMessage") == 1


async def test_without_a_connection_nothing_was_sent() -> None:
    client = create_bot(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(UnavailableError):
        await TelegramChats(client).send(outcome(None))
    await client.session.close()


async def test_a_failed_chat_action_is_no_failure(server: Server, client: Bot) -> None:
    server.on("sendChatAction", refusal(429, "Too Many Requests", retry_after=60))
    await TelegramChats(client).show_activity(7)
    assert server.count("sendChatAction") == 1
