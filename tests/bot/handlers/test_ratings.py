"""👍, 👎, and asking the other model."""

import asyncio
from typing import Any

from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageReplyMarkup,
)
from conversing import of_type, texts
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import Job, Rating, User
from bot.telegram.callbacks import AlsoAskButton, RatingButton

ALICE, BOB = 1001, 1002
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


def rating(sent: Any, value: int, which: int = 0) -> str:
    data = RatingButton(job_id=sent.job_id, caption_id=sent.caption_ids[which], value=value)
    return data.pack()


async def ratings(database: Database) -> list[tuple[int, int]]:
    async with database.read() as session:
        rows = await session.execute(select(Rating.user_id, Rating.value))
        return [(user_id, value) for user_id, value in rows]


# ---- ratings ----


async def test_a_rating_is_stored_thanked_for_and_shown(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    calls = await conversation.press(rating(sent, 1), message_id=321)

    assert await ratings(database) == [(ALICE, 1)]
    (answer,) = of_type(calls, AnswerCallbackQuery)
    assert answer.text == "👍 Thank you!"
    (edit,) = of_type(calls, EditMessageReplyMarkup)
    assert (edit.chat_id, edit.message_id) == (ALICE, 321)
    assert texts(edit.reply_markup)[0] == ["✅ 👍 ResNet-34", "👎 ResNet-34"]


async def test_the_other_thumb_changes_and_the_same_takes_back(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.press(rating(sent, 1))
    changed = await conversation.press(rating(sent, -1))
    assert texts(of_type(changed, EditMessageReplyMarkup)[0].reply_markup)[0] == [
        "👍 ResNet-34",
        "✅ 👎 ResNet-34",
    ]
    taken_back = await conversation.press(rating(sent, -1))
    assert texts(of_type(taken_back, EditMessageReplyMarkup)[0].reply_markup)[0] == [
        "👍 ResNet-34",
        "👎 ResNet-34",
    ]
    assert await ratings(database) == []


async def test_quick_presses_are_all_answered_and_end_in_the_final_state(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    conversation.session.hold()  # Telegram is slow: all presses are in before any edit is out
    for value in (1, 1, -1, 1):
        await conversation.feed_press(rating(sent, value))
    await asyncio.sleep(0.05)
    conversation.session.released.set()
    await conversation.outbox.drain(30)

    assert await ratings(database) == [(ALICE, 1)]
    calls = conversation.session.calls
    assert len(of_type(calls, AnswerCallbackQuery)) == 4
    edits = of_type(calls, EditMessageReplyMarkup)
    assert texts(edits[-1].reply_markup)[0] == ["✅ 👍 ResNet-34", "👎 ResNet-34"]
    assert len(edits) <= 2, "presses that wait share one edit"


async def test_pressing_an_old_button_does_not_store_who_was_forgotten(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.services["privacy"].forget(ALICE)
    await conversation.press(rating(sent, 1))
    async with database.read() as session:
        assert await session.get(User, ALICE) is None


async def test_somebody_elses_answer_cannot_be_rated_from_another_chat(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    calls = await conversation.press(rating(sent, 1), BOB)
    assert await ratings(database) == []
    assert "no longer know" in of_type(calls, AnswerCallbackQuery)[0].text


# ---- the other model ----


async def test_the_other_model_can_be_asked_once(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE, models=(RESNET,), placeholder_id=500)
    button = AlsoAskButton(job_id=sent.job_id, model=MOBILENET).pack()
    for _ in range(2):
        calls = await conversation.press(button)
        (answer,) = of_type(calls, AnswerCallbackQuery)
        assert answer.text == "Asking MobileNet + attention…"
        assert texts(of_type(calls, EditMessageReplyMarkup)[0].reply_markup) == [
            ["👍", "👎"],
            ["✏️ Write a better one"],
        ]

    async with database.read() as session:
        (job,) = await session.scalars(select(Job))
    assert job.models == (RESNET, MOBILENET)


async def test_the_other_model_is_not_asked_about_somebody_elses_photo(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE, models=(RESNET,))
    button = AlsoAskButton(job_id=sent.job_id, model=MOBILENET).pack()
    calls = await conversation.press(button, BOB)
    assert "no longer know" in of_type(calls, AnswerCallbackQuery)[0].text
    async with database.read() as session:
        assert (await session.scalars(select(Job.models))).all() == [(RESNET,)]
