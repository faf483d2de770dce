"""/privacy and /forget, and the question that comes first."""

from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, DeleteMessage, EditMessageText
from conversing import of_type
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import CAPTIONED, User
from bot.telegram.callbacks import ForgetButton, RatingButton

ALICE, BOB = 1001, 1002


@pytest.mark.parametrize(("days", "told"), [(30, "30 days after"), (0, "kept until you send")])
async def test_privacy_tells_how_long_things_are_kept(
    conversation: Any, days: int, told: str
) -> None:
    settings = conversation.services["settings"].model_copy(update={"retention_days": days})
    conversation.dispatcher["settings"] = settings
    (answer,) = await conversation.say(text="/privacy")
    assert told in answer.text


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
    rating = RatingButton(job_id=sent.job_id, caption_id=sent.caption_ids[0], value=1)
    await conversation.press(rating.pack())
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
