"""Presses of buttons that the bot has never written are answered as those of old ones."""

from typing import Any

import pytest

from bot.texts.conversation import outdated_button_text


@pytest.mark.parametrize("data", ["r:9223372036854775808:1:1", "a:" + "9" * 60, "f:1001:9", "wx:٧"])
async def test_they_are_answered_and_nothing_is_done(conversation: Any, data: str) -> None:
    (answer,) = await conversation.press(data)
    assert answer.show_alert
    assert answer.text == outdated_button_text()
