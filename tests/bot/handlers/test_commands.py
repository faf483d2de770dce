"""/start and /help."""

from typing import Any

import pytest
from aiogram.methods import SendMessage

from bot.texts.conversation import help_text, start_text, unknown_command_text

ALICE = 1001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start", start_text()),
        ("/start from-a-link", start_text()),
        ("/help", help_text()),
        ("/HELP@caption_bot", help_text()),
    ],
)
async def test_commands_are_answered(conversation: Any, text: str, expected: str) -> None:
    (answer,) = await conversation.say(text=text)
    assert isinstance(answer, SendMessage)
    assert (answer.chat_id, answer.text) == (ALICE, expected)


async def test_answers_come_in_the_order_of_the_questions(conversation: Any) -> None:
    for text in ("/start", "/help", "/nonsense"):
        await conversation.feed(message=conversation.message(ALICE, text=text))
    await conversation.outbox.drain(30)
    assert [call.text for call in conversation.session.calls] == [
        start_text(),
        help_text(),
        unknown_command_text(),
    ]
