"""Commands, and what is not a command nor a photo."""

from typing import Any

import pytest
from aiogram.methods import SendMessage
from aiogram.types import (
    Location,
    Voice,
)

from bot.texts.conversation import (
    help_text,
    not_a_photo_text,
    plain_text_text,
    start_text,
    unknown_command_text,
)

ALICE, ADMIN = 1001, 1003
FILE = {"file_id": "file", "file_unique_id": "unique"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start", start_text()),
        ("/start from-a-link", start_text()),
        ("/help", help_text()),
        ("/HELP@caption_bot", help_text()),
        ("/nonsense", unknown_command_text()),
        ("/help@another_bot", unknown_command_text()),
        ("Good morning!", plain_text_text()),
    ],
)
async def test_text_is_answered(conversation: Any, text: str, expected: str) -> None:
    (answer,) = await conversation.say(text=text)
    assert isinstance(answer, SendMessage)
    assert (answer.chat_id, answer.text) == (ALICE, expected)


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
    pinned = conversation.message(ALICE, text="An old message")
    assert await conversation.say(pinned_message=pinned) == []


@pytest.mark.parametrize("content", [{"text": "Hello everyone"}, {"text": "/nonsense"}])
async def test_groups_are_left_alone(conversation: Any, content: dict[str, Any]) -> None:
    assert await conversation.say(chat_type="supergroup", **content) == []


async def test_stats_are_for_administrators_and_unknown_to_others(conversation: Any) -> None:
    _activity, for_admin = await conversation.say(ADMIN, text="/stats")
    (for_alice,) = await conversation.say(ALICE, text="/stats")
    (nonsense,) = await conversation.say(ALICE, text="/nonsense")
    assert "Photos: 0" in for_admin.caption
    assert "People: 1 (1 new)" in for_admin.caption
    assert for_alice == nonsense


async def test_answers_come_in_the_order_of_the_questions(conversation: Any) -> None:
    for text in ("/start", "/help", "/nonsense"):
        await conversation.feed(message=conversation.message(ALICE, text=text))
    await conversation.outbox.drain(30)
    assert [call.text for call in conversation.session.calls] == [
        start_text(),
        help_text(),
        unknown_command_text(),
    ]
