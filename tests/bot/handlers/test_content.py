"""What is neither a command nor an image."""

from typing import Any

import pytest
from aiogram.types import Location, Voice

from bot.texts.conversation import not_a_photo_text, plain_text_text, unknown_command_text

FILE = {"file_id": "file", "file_unique_id": "unique"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/nonsense", unknown_command_text()),
        ("/help@another_bot", unknown_command_text()),
        ("Good morning!", plain_text_text()),
    ],
)
async def test_text_is_answered(conversation: Any, text: str, expected: str) -> None:
    (answer,) = await conversation.say(text=text)
    assert answer.text == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"voice": Voice(**FILE, duration=3)}, not_a_photo_text()),
        ({"location": Location(latitude=1.0, longitude=1.0)}, not_a_photo_text()),
    ],
)
async def test_what_resembles_no_image_is_answered(
    conversation: Any, content: dict[str, Any], expected: str
) -> None:
    (answer,) = await conversation.say(**content)
    assert answer.text == expected
    assert answer.reply_parameters.message_id > 0


async def test_service_messages_are_not_answered(conversation: Any) -> None:
    pinned = conversation.message(1001, text="An old message")
    assert await conversation.say(pinned_message=pinned) == []


@pytest.mark.parametrize("content", [{"text": "Hello everyone"}, {"text": "/nonsense"}])
async def test_groups_are_left_alone(conversation: Any, content: dict[str, Any]) -> None:
    assert await conversation.say(chat_type="supergroup", **content) == []
