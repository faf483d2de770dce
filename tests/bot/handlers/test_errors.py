"""What people are told when a handler fails."""

import logging
import re
from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageReplyMarkup, SendMessage
from conversing import of_type

from bot.telegram.callbacks import RatingButton

ALICE = 1001


class Broken:
    """A service whose every call fails."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("The disk is full")

        return fail


async def test_an_error_is_a_friendly_text_with_the_number_in_the_log(
    conversation: Any, caplog: pytest.LogCaptureFixture, photo_sizes: Any
) -> None:
    conversation.dispatcher["jobs"] = Broken()
    (apology,) = await conversation.say(photo=photo_sizes(9_000))

    assert isinstance(apology, SendMessage)
    found = re.search(r"number ([0-9a-f]{6})\b", apology.text)
    assert found is not None
    (record,) = [r for r in caplog.records if r.name == "bot.handlers.errors"]
    assert found[1] in record.getMessage()
    assert "The disk is full" in (record.exc_text or logging.Formatter().format(record))
    assert "disk" not in apology.text


async def test_an_error_after_a_press_answers_the_press(conversation: Any) -> None:
    conversation.dispatcher["feedback"] = Broken()
    data = RatingButton(job_id=1, caption_id=1, value=1).pack()
    (answer,) = await conversation.press(data)
    assert isinstance(answer, AnswerCallbackQuery)
    assert answer.show_alert
    assert "something went wrong" in answer.text


async def test_an_answer_that_was_forgotten_says_so_and_loses_its_buttons(
    conversation: Any, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.services["privacy"].forget(ALICE)

    calls = await conversation.press(
        RatingButton(job_id=sent.job_id, caption_id=sent.caption_ids[0], value=1).pack()
    )
    (answer,) = of_type(calls, AnswerCallbackQuery)
    assert "no longer know this answer" in answer.text
    assert answer.show_alert
    (edit,) = of_type(calls, EditMessageReplyMarkup)
    assert edit.reply_markup is None
