"""Buttons that mean nothing (any more)."""

from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery
from conversing import of_type

from bot.texts.conversation import outdated_button_text


@pytest.mark.parametrize("data", ["r:1:2", "r:1:1:7", "zzz", "m:1001:gpt", "o:1:gpt", "r:x:y:z"])
async def test_every_press_is_answered(conversation: Any, data: str) -> None:
    (answer,) = of_type(await conversation.press(data), AnswerCallbackQuery)
    assert "no longer works" in answer.text


@pytest.mark.parametrize("data", ["r:9223372036854775808:1:1", "a:" + "9" * 60, "f:1001:9", "wx:٧"])
async def test_data_that_the_bot_never_wrote_is_that_of_an_old_button(
    conversation: Any, data: str
) -> None:
    (answer,) = await conversation.press(data)
    assert answer.show_alert
    assert answer.text == outdated_button_text()


async def test_a_button_for_administrators_says_so(conversation: Any) -> None:
    (answer,) = of_type(await conversation.press("st:7d"), AnswerCallbackQuery)
    assert "people who run this bot" in answer.text
