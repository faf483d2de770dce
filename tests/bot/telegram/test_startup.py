"""The checks before the bot begins."""

import pytest
from aiogram import Bot
from scripted_api import Answer, Server, ok, page, refusal

from bot.telegram.startup import REFUSED, StartError, check_token, check_webhook

ME = {"id": 123456, "is_bot": True, "first_name": "B", "username": "b"}


def webhook(url: str) -> dict[str, object]:
    return {"url": url, "has_custom_certificate": False, "pending_update_count": 3}


async def test_telegram_says_who_the_bot_is(client: Bot, server: Server) -> None:
    server.on("getMe", ok(ME))
    assert (await check_token(client, "here")).username == "b"


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_is_refused(client: Bot, server: Server, status: int) -> None:
    server.on("getMe", refusal(status, "Unauthorized"))
    with pytest.raises(StartError) as caught:
        await check_token(client, "here")
    assert str(caught.value) == REFUSED


async def test_what_is_no_bot_api_is_named(client: Bot, server: Server) -> None:
    server.on("getMe", page(200))
    with pytest.raises(StartError, match=r"http://here cannot be reached"):
        await check_token(client, "http://here")


async def test_without_a_webhook_nothing_is_deleted(client: Bot, server: Server) -> None:
    server.on("getWebhookInfo", ok(webhook("")))
    await check_webhook(client, "the server", delete=True)
    assert server.calls == ["getWebhookInfo"]


async def test_a_webhook_is_deleted_only_on_request(client: Bot, server: Server) -> None:
    server.on("getWebhookInfo", ok(webhook("https://bots.example/secret-path")))
    server.on("deleteWebhook", ok())
    with pytest.raises(StartError, match=r"bots\.example") as caught:
        await check_webhook(client, "the server", delete=False)
    assert "secret-path" not in str(caught.value)
    assert server.count("deleteWebhook") == 0
    await check_webhook(client, "the server", delete=True)
    assert server.count("deleteWebhook") == 1


@pytest.mark.parametrize("answer", [ok(None), page(200, b"[]")])
async def test_an_answer_without_sense_is_one_line(
    client: Bot, server: Server, answer: Answer
) -> None:
    server.on("getMe", answer)
    server.on("getWebhookInfo", answer)
    with pytest.raises(StartError, match=r"http://here cannot be reached"):
        await check_token(client, "http://here")
    with pytest.raises(StartError, match=r"http://here cannot be reached"):
        await check_webhook(client, "http://here", delete=False)
