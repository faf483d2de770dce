"""The bot's own library meets the sandbox as it would meet Telegram."""

import io
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile, ReplyParameters

from bot.sandbox import ALICE, SANDBOX_TOKEN


@pytest.fixture
async def bot(chat) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(chat.url))
    async with Bot(SANDBOX_TOKEN, session=session) as made:
        yield made


async def test_a_photo_travels_there_and_back(bot, chat, jpeg):
    await chat.upload(jpeg(1600, 900))
    (update,) = await bot.get_updates(timeout=1)
    largest = update.message.photo[-1]
    file = await bot.get_file(largest.file_id)
    downloaded = io.BytesIO()
    await bot.download_file(file.file_path, downloaded)
    assert len(downloaded.getvalue()) == largest.file_size

    upload = BufferedInputFile(downloaded.getvalue(), "again.jpg")
    reply = ReplyParameters(message_id=update.message.message_id)
    sent = await bot.send_photo(ALICE.id, upload, caption="again", reply_parameters=reply)
    assert sent.photo[-1].width == 1280
    assert sent.reply_to_message.message_id == update.message.message_id


async def test_refusals_become_aiograms_errors(bot, chat):
    sent = await bot.send_message(ALICE.id, "<b>x</b>", parse_mode="HTML")
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text(
            "<b>x</b>", chat_id=ALICE.id, message_id=sent.message_id, parse_mode="HTML"
        )
    await chat.fault("sendMessage", status=429, retry_after=3)
    with pytest.raises(TelegramRetryAfter) as flood:
        await bot.send_message(ALICE.id, "x")
    assert flood.value.retry_after == 3
    await chat.fault("sendMessage", status=502)
    with pytest.raises(TelegramServerError):
        await bot.send_message(ALICE.id, "x")
    await chat.person("block", blocked=True)
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(ALICE.id, "x")


async def test_a_wrong_token_is_unauthorized(chat):
    session = AiohttpSession(api=TelegramAPIServer.from_base(chat.url))
    async with Bot("4242:wrong", session=session) as stranger:
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()
