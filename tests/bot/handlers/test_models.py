"""/model, and the buttons below it."""

from typing import Any

from aiogram.methods import AnswerCallbackQuery, EditMessageReplyMarkup
from conversing import of_type, texts

from bot.telegram.callbacks import ModelButton

ALICE, BOB = 1001, 1002
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


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
    assert texts(of_type(calls, EditMessageReplyMarkup)[0].reply_markup)[2] == [
        "✅ MobileNet + attention"
    ]
    assert (await conversation.users.load(ALICE)).models == (MOBILENET,)

    (question,) = await conversation.say(text="/model")
    assert question.reply_markup.inline_keyboard[2][0].text == "✅ MobileNet + attention"


async def test_the_button_of_an_old_question_still_means_all_models(conversation: Any) -> None:
    await conversation.users.choose_models(ALICE, RESNET)
    calls = await conversation.press(f"m:{ALICE}:both")
    assert of_type(calls, AnswerCallbackQuery)[0].text == "All models will caption your photos."
    assert texts(of_type(calls, EditMessageReplyMarkup)[0].reply_markup)[0] == ["✅ All models"]


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
