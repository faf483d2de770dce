"""The checks before the bot begins."""

from pathlib import Path

import pytest
from aiogram import Bot
from scripted_api import Answer, Server, ok, page, refusal

from bot.telegram.startup import REFUSED, OwnWebhook, StartError, check_token, check_webhook

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


async def test_the_bot_s_own_webhook_is_no_obstacle(
    client: Bot, server: Server, tmp_path: Path
) -> None:
    server.on("getWebhookInfo", ok(webhook("https://bots.example/secret-path")))
    server.on("deleteWebhook", ok())
    own = OwnWebhook(tmp_path)
    assert own.url is None
    own.remember("https://bots.example/another-path")
    with pytest.raises(StartError):
        await check_webhook(client, "the server", delete=False, own=own.url)
    own.remember("https://bots.example/secret-path")
    await check_webhook(client, "the server", delete=False, own=own.url, only_look=True)
    assert server.count("deleteWebhook") == 0
    await check_webhook(client, "the server", delete=False, own=OwnWebhook(tmp_path).url)
    assert server.count("deleteWebhook") == 1


def test_a_webhook_that_cannot_be_remembered_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be written"):
        OwnWebhook(tmp_path / "nowhere").remember("https://bots.example/path")


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
