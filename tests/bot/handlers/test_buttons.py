"""Presses of inline buttons: ratings, models, forgetting, and buttons past their time."""

import asyncio
from typing import Any

import pytest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageReplyMarkup,
    EditMessageText,
)
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import CAPTIONED, Job, Rating, User
from bot.telegram.callbacks import AlsoAskButton, ForgetButton, ModelButton, RatingButton

ALICE, BOB = 1001, 1002
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


def rating(sent: Any, value: int, which: int = 0) -> str:
    data = RatingButton(job_id=sent.job_id, caption_id=sent.caption_ids[which], value=value)
    return data.pack()


def texts(edit: EditMessageReplyMarkup) -> list[list[str]]:
    assert edit.reply_markup is not None
    return [[button.text for button in row] for row in edit.reply_markup.inline_keyboard]


def of_type(calls: list[Any], kind: type[Any]) -> list[Any]:
    return [call for call in calls if isinstance(call, kind)]


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
    assert texts(edit)[0] == ["✅ 👍 ResNet-34", "👎 ResNet-34"]


async def test_the_other_thumb_changes_and_the_same_takes_back(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.press(rating(sent, 1))
    changed = await conversation.press(rating(sent, -1))
    assert texts(of_type(changed, EditMessageReplyMarkup)[0])[0] == [
        "👍 ResNet-34",
        "✅ 👎 ResNet-34",
    ]
    taken_back = await conversation.press(rating(sent, -1))
    assert texts(of_type(taken_back, EditMessageReplyMarkup)[0])[0] == [
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
    assert texts(edits[-1])[0] == ["✅ 👍 ResNet-34", "👎 ResNet-34"]
    assert len(edits) <= 2, "presses that wait share one edit"


async def test_an_answer_that_was_forgotten_says_so_and_loses_its_buttons(
    conversation: Any, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.services["privacy"].forget(ALICE)

    calls = await conversation.press(rating(sent, 1))
    (answer,) = of_type(calls, AnswerCallbackQuery)
    assert "no longer know this answer" in answer.text
    assert answer.show_alert
    (edit,) = of_type(calls, EditMessageReplyMarkup)
    assert edit.reply_markup is None


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


@pytest.mark.parametrize("data", ["r:1:2", "r:1:1:7", "zzz", "m:1001:gpt", "o:1:gpt", "r:x:y:z"])
async def test_every_press_is_answered(conversation: Any, data: str) -> None:
    (answer,) = of_type(await conversation.press(data), AnswerCallbackQuery)
    assert "no longer works" in answer.text


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
        assert texts(of_type(calls, EditMessageReplyMarkup)[0]) == [
            ["👍", "👎"],
            ["✏️ Write a better one"],
        ]

    async with database.read() as session:
        (job,) = await session.scalars(select(Job))
    assert job.models.split(",") == [RESNET, MOBILENET]


async def test_the_other_model_is_not_asked_about_somebody_elses_photo(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE, models=(RESNET,))
    button = AlsoAskButton(job_id=sent.job_id, model=MOBILENET).pack()
    calls = await conversation.press(button, BOB)
    assert "no longer know" in of_type(calls, AnswerCallbackQuery)[0].text
    async with database.read() as session:
        assert (await session.scalars(select(Job.models))).all() == [RESNET]


# ---- the choice of models ----


async def test_a_model_is_chosen_marked_and_remembered(conversation: Any) -> None:
    (question,) = await conversation.say(text="/model")
    rows = question.reply_markup.inline_keyboard
    assert [row[0].text for row in rows] == [
        "✅ All models",
        "ResNet-34 + LSTM",
        "MobileNet + attention",
    ]

    calls = await conversation.press(rows[2][0].callback_data)
    assert of_type(calls, AnswerCallbackQuery)[0].text == (
        "MobileNet + attention will caption your photos."
    )
    assert texts(of_type(calls, EditMessageReplyMarkup)[0])[2] == ["✅ MobileNet + attention"]
    assert (await conversation.users.load(ALICE)).models == (MOBILENET,)

    (question,) = await conversation.say(text="/model")
    assert question.reply_markup.inline_keyboard[2][0].text == "✅ MobileNet + attention"


async def test_the_button_of_an_old_question_still_means_all_models(conversation: Any) -> None:
    await conversation.users.choose_models(ALICE, RESNET)
    calls = await conversation.press(f"m:{ALICE}:both")
    assert of_type(calls, AnswerCallbackQuery)[0].text == "All models will caption your photos."
    assert texts(of_type(calls, EditMessageReplyMarkup)[0])[0] == ["✅ All models"]


async def test_with_one_model_there_is_nothing_to_choose(
    conversation: Any, catalogue_of: Any
) -> None:
    catalogue_of(1)
    (answer,) = await conversation.say(text="/model")
    assert answer.text == "There is one model, which captions all photos: ResNet-34 + LSTM."
    assert answer.reply_markup is None


async def test_nobody_chooses_for_somebody_else(conversation: Any) -> None:
    await conversation.press(ModelButton(user_id=ALICE, choice=RESNET).pack(), BOB)
    assert (await conversation.users.load(ALICE)).model_choice == "all"
    assert (await conversation.users.load(BOB)).model_choice == "all"


# ---- forgetting ----


async def test_forgetting_asks_first_and_can_be_declined(
    conversation: Any, filler: Any, database: Database
) -> None:
    await filler.photo_sent(ALICE)
    (question,) = await conversation.say(text="/forget")
    _yes, no = question.reply_markup.inline_keyboard[0]
    calls = await conversation.press(no.callback_data)
    assert of_type(calls, EditMessageText)[0].text == "Nothing was deleted."
    async with database.read() as session:
        assert await session.get(User, ALICE) is not None


async def test_forgetting_deletes_and_says_how_much(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await filler.photo_sent(ALICE, state=CAPTIONED, placeholder_id=77)
    await conversation.press(rating(sent, 1))
    (question,) = await conversation.say(text="/forget")
    yes, _no = question.reply_markup.inline_keyboard[0]

    calls = await conversation.press(yes.callback_data)
    text = of_type(calls, EditMessageText)[0].text
    assert text.startswith("Deleted: 2 photos, 2 captions, 1 rating, and your ")
    assert [call.message_id for call in of_type(calls, DeleteMessage)] == [77]
    async with database.read() as session:
        assert await session.get(User, ALICE) is None

    again = await conversation.press(yes.callback_data)
    assert [type(call) for call in again] == [AnswerCallbackQuery], (
        "what was deleted stays readable"
    )


async def test_nobody_confirms_for_somebody_else(
    conversation: Any, filler: Any, database: Database
) -> None:
    await filler.photo_sent(ALICE)
    await filler.photo_sent(BOB)
    await conversation.press(ForgetButton(user_id=ALICE, confirmed=1).pack(), BOB)
    async with database.read() as session:
        assert sorted(await session.scalars(select(User.id))) == [ALICE, BOB]
