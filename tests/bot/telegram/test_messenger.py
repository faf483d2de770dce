import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from aiogram import Bot
from aiohttp import web
from scripted_api import TOKEN, Answer, Server, cut, page, refusal

from bot.queue.answers import ShownAnswer, ShownCaption
from bot.queue.downloads import UnavailableError
from bot.queue.messenger import MessageGoneError, UncertainError, UnreachableError
from bot.queue.steps import Announcement, Claim, Outcome
from bot.storage.tables import ANSWER
from bot.telegram.connection import create_bot
from bot.telegram.messenger import TelegramMessenger

MESSAGE = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}
CLAIM = Claim(1, "claim", 1)


def outcome(placeholder_id: int | None = 5, failure: str | None = None) -> Outcome:
    captions = () if failure else (ShownCaption(3, "resnet34-lstm", "A <dog> & a cat."),)
    answer = ShownAnswer(CLAIM.job_id, 7, ("resnet34-lstm",), captions, failure)
    return Outcome(CLAIM, 7, 4, 7, "en", ANSWER, placeholder_id, (answer,))


@pytest.mark.parametrize(
    ("method", "step"),
    [
        ("sendMessage", lambda it: it.announce(Announcement(CLAIM, 7, 4, "en", 1))),
        ("getFile", lambda it: it.download("f")),
        ("editMessageText", lambda it: it.edit(outcome())),
        ("sendMessage", lambda it: it.send(outcome(None))),
        ("sendMessage", lambda it: it.doubt(outcome())),
    ],
    ids=["announce", "download", "edit", "send", "doubt"],
)
async def test_flood_control_is_not_waited_for_but_told(
    server: Server,
    client: Bot,
    method: str,
    step: Callable[[TelegramMessenger], Awaitable[object]],
) -> None:
    server.on(method, refusal(429, "Too Many Requests", retry_after=60))
    with pytest.raises(UnavailableError) as caught:
        await asyncio.wait_for(step(TelegramMessenger(client)), 30)
    assert caught.value.retry_after == 60
    assert server.count(method) == 1


async def test_an_answer_is_escaped_and_has_buttons(server: Server, client: Bot) -> None:
    sent: list[dict[str, object]] = []

    async def remember(request: web.Request) -> web.Response:
        sent.append(dict(await request.post()))
        return web.json_response({"ok": True, "result": MESSAGE})

    server.on("editMessageText", remember)
    await TelegramMessenger(client).edit(outcome())
    [edit] = sent
    assert "<b>ResNet-34 + LSTM</b>" in str(edit["text"])
    assert "A &lt;dog&gt; &amp; a cat." in str(edit["text"])
    assert edit["parse_mode"] == "HTML"
    [up, down] = json.loads(str(edit["reply_markup"]))["inline_keyboard"][0]
    assert (up["text"], down["text"]) == ("👍", "👎")


async def test_not_modified_is_success(server: Server, client: Bot) -> None:
    server.on("editMessageText", refusal(400, "Bad Request: message is not modified: specified …"))
    await TelegramMessenger(client).edit(outcome())
    assert server.count("editMessageText") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "Bad Request: message to edit not found"), MessageGoneError),
        (refusal(400, "Bad Request: message can't be edited"), MessageGoneError),
        (refusal(400, "Bad Request: chat not found"), UnreachableError),
        (refusal(403, "Forbidden: bot was blocked by the user"), UnreachableError),
        (refusal(413, "Request Entity Too Large"), UnreachableError),
        (refusal(406, "Not Acceptable"), UnreachableError),
        (refusal(401, "Unauthorized"), UnavailableError),
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
        await TelegramMessenger(client).edit(outcome())


async def test_only_the_persons_own_block_is_one(server: Server, client: Bot) -> None:
    for words, blocked in (
        ("Forbidden: bot was blocked by the user", True),
        ("Forbidden: user is deactivated", True),
        ("Forbidden: bot was kicked from the group chat", False),
    ):
        server.on("sendMessage", refusal(403, words))
        with pytest.raises(UnreachableError) as caught:
            await TelegramMessenger(client).announce(Announcement(CLAIM, 7, 4, "en", 1))
        assert caught.value.blocked == blocked


async def test_a_broken_connection_while_sending_is_uncertain(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with pytest.raises(UncertainError):
        await TelegramMessenger(client).send(outcome(None))
    assert server.count("sendMessage") == 1


async def test_without_a_connection_nothing_was_sent() -> None:
    client = create_bot(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(UnavailableError):
        await TelegramMessenger(client).send(outcome(None))
    await client.session.close()


async def test_a_failed_chat_action_is_no_failure(server: Server, client: Bot) -> None:
    server.on("sendChatAction", refusal(429, "Too Many Requests", retry_after=60))
    await TelegramMessenger(client).show_activity(7)
    assert server.count("sendChatAction") == 1
