"""What all buttons have in common: the message that they are under."""

from typing import Any

from aiogram.types import CallbackQuery
from conversing import texts

from bot.handlers.presses import Place, place_of, redraw_buttons
from bot.telegram.callbacks import RatingButton

ALICE, GROUP, SUPERGROUP = 1001, -100, -1000000000100


def press(conversation: Any, **content: Any) -> CallbackQuery:
    user = conversation.user(ALICE)
    return CallbackQuery(id="1", from_user=user, chat_instance="1", data="r:1:1:1", **content)


async def test_a_press_knows_its_place(conversation: Any) -> None:
    message = conversation.message(ALICE, message_id=7)
    assert place_of(press(conversation, message=message)) == Place(ALICE, 7)


async def test_a_press_without_a_message_is_outdated(conversation: Any) -> None:
    (answer,) = await conversation.calls_of(
        conversation.feed(callback_query=press(conversation, inline_message_id="x"))
    )
    assert "no longer works" in answer.text


async def test_in_a_group_that_has_moved_nothing_can_be_changed(conversation: Any) -> None:
    await conversation.services["chat_settings"].set_autocaption(GROUP, "group", False)
    await conversation.services["chat_settings"].follow(GROUP, SUPERGROUP)
    data = RatingButton(job_id=1, caption_id=1, value=1).pack()
    (answer,) = await conversation.calls_of(
        conversation.feed_press(data, ALICE, chat_id=GROUP, chat_type="group")
    )
    assert answer.show_alert
    assert "has become a supergroup" in answer.text


async def test_buttons_are_redrawn_for_who_looks_unless_the_answer_is_forgotten(
    conversation: Any, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    feedback, place = conversation.services["feedback"], Place(ALICE, 321)
    await feedback.rate(
        user_id=ALICE,
        chat_id=ALICE,
        job_id=sent.job_id,
        caption_id=sent.caption_ids[0],
        value=-1,
    )
    await redraw_buttons(conversation.bot, place, sent.job_id, feedback, ALICE)
    await redraw_buttons(conversation.bot, place, sent.job_id + 1, feedback, ALICE)
    (edit,) = conversation.session.calls
    assert (edit.chat_id, edit.message_id) == place
    assert texts(edit.reply_markup)[0] == ["👍 ResNet-34", "✅ 👎 ResNet-34"]
