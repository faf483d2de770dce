"""The button "Other wordings"."""

from typing import Any

from aiogram.methods import AnswerCallbackQuery, SendMessage
from conversing import of_type

from bot.storage import Database
from bot.storage.tables import Caption
from bot.telegram.callbacks import WordingsButton

ALICE, BOB = 1001, 1002


async def test_a_double_click_tells_the_wordings_once(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        caption = await session.get_one(Caption, sent.caption_ids[0])
        caption.alternatives = ["A <brown> dog.", "Two dogs."]
    button = WordingsButton(job_id=sent.job_id).pack()
    (message,) = of_type(await conversation.press(button, message_id=500), SendMessage)
    assert message.reply_parameters.message_id == 500
    assert message.text.endswith("• A &lt;brown&gt; dog.\n• Two dogs.")
    (answer,) = await conversation.press(button, message_id=500)
    assert "here already" in answer.text


async def test_where_there_are_none_it_says_so(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    (answer,) = await conversation.press(WordingsButton(job_id=sent.job_id).pack())
    assert answer.show_alert
    assert "no other wordings" in answer.text


async def test_somebody_elses_are_not_told(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    calls = await conversation.press(WordingsButton(job_id=sent.job_id).pack(), BOB)
    assert "no longer know" in of_type(calls, AnswerCallbackQuery)[0].text
    assert of_type(calls, SendMessage) == []
