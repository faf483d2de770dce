"""The button "Where it looked", and the picture that follows an answer."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import AnswerCallbackQuery, SendMessage, SendPhoto
from conversing import of_type
from PIL import Image

from bot.handlers import attention
from bot.queue.answers import load_answer
from bot.queue.steps import Claim, Outcome
from bot.storage import Database
from bot.storage.attention_weights import packed
from bot.storage.tables import ANSWER, Caption, Job
from bot.telegram.callbacks import AttentionButton

ALICE = 1001


@pytest.fixture
async def sent(conversation: Any, filler: Any, database: Database) -> Any:
    """A photo, answered with a caption that has attention; its file can be downloaded."""
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        caption = await session.get_one(Caption, sent.caption_ids[1])
        caption.attention = packed(np.full((1, 7, 7), 1 / 49, np.float32))
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    conversation.files["file-1"] = buffer.getvalue()
    return sent


def button(sent: Any) -> str:
    return AttentionButton(job_id=sent.job_id).pack()


async def test_the_picture_is_drawn_once_and_then_sent_by_its_id(
    conversation: Any, sent: Any
) -> None:
    drawn = await conversation.press(button(sent), message_id=500)
    (picture,) = of_type(drawn, SendPhoto)
    assert picture.reply_parameters.message_id == 500
    assert picture.photo.filename == "attention.jpg"

    soon = await conversation.press(button(sent), message_id=500)
    assert "here already" in of_type(soon, AnswerCallbackQuery)[0].text
    assert of_type(soon, SendPhoto) == []

    conversation.files.clear()
    again = await conversation.press(button(sent), message_id=501)
    assert of_type(again, SendPhoto)[0].photo == "sent"


async def test_a_picture_that_telegram_has_lost_is_drawn_again(
    conversation: Any, sent: Any
) -> None:
    await conversation.press(button(sent), message_id=500)
    refused = TelegramBadRequest(SendMessage(chat_id=1, text=""), "wrong file identifier")
    conversation.session.refusals = {SendPhoto: [refused]}
    pictures = of_type(await conversation.press(button(sent), message_id=501), SendPhoto)
    assert [isinstance(it.photo, str) for it in pictures] == [True, False]


async def test_a_photo_that_is_gone_is_explained_and_can_be_asked_for_again(
    conversation: Any, sent: Any
) -> None:
    conversation.files.clear()
    for _ in range(2):
        calls = await conversation.press(button(sent))
        assert "could not draw" in of_type(calls, SendMessage)[0].text


async def test_without_attention_it_says_who_has_it(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE, models=("resnet34-lstm",))
    (answer,) = await conversation.press(button(sent))
    assert answer.show_alert
    assert "Only MobileNet tells" in answer.text


async def test_who_wants_them_always_gets_them_for_each_photo_of_an_album(
    conversation: Any, sent: Any, database: Database
) -> None:
    pictures = conversation.services["pictures"]
    await conversation.users.show_attention(ALICE, True)
    async with database.read() as session:
        job = await session.get_one(Job, sent.job_id)
        answer = await load_answer(session, sent.job_id, ALICE)
    assert answer is not None
    failed = replace(answer, captions=(), failure="bad_image")
    outcome = Outcome(
        claim=Claim(sent.job_id, "token", 1),
        chat_id=ALICE,
        message_id=job.message_id,
        user_id=ALICE,
        language_code="en",
        purpose=ANSWER,
        placeholder_id=9,
        answers=(answer, failed, answer),
    )
    await attention.follow_up(conversation.bot, pictures, outcome)
    assert len(of_type(conversation.session.calls, SendPhoto)) == 2
    conversation.session.calls.clear()
    for quiet in (replace(outcome, is_first=False), replace(outcome, chat_id=-100)):
        await attention.follow_up(conversation.bot, pictures, quiet)
    assert conversation.session.calls == []
