"""Buttons that mean nothing (any more)."""

from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery
from conversing import of_type


@pytest.mark.parametrize("data", ["r:1:2", "r:1:1:7", "zzz", "m:1001:gpt", "o:1:gpt", "r:x:y:z"])
async def test_every_press_is_answered(conversation: Any, data: str) -> None:
    (answer,) = of_type(await conversation.press(data), AnswerCallbackQuery)
    assert "no longer works" in answer.text
