"""/start and /help."""

from typing import Any

import pytest
from aiogram.methods import SendMessage, SetMyCommands
from conversing import of_type

from bot.texts.conversation import help_text, start_text, unknown_command_text

ALICE, ADMIN = 1001, 1003


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


async def test_in_a_group_start_tells_of_groups(conversation: Any) -> None:
    (answer,) = await conversation.say(text="/start@caption_bot", chat_type="supergroup")
    assert "@caption_bot" in answer.text
    assert "/autocaption on" in answer.text
    assert "Send me a photo" not in answer.text


async def test_an_administrator_who_writes_first_after_the_start_gets_their_menu(
    conversation: Any,
) -> None:
    menus = of_type(await conversation.say(ADMIN, text="/start"), SetMyCommands)
    assert {menu.scope.chat_id for menu in menus} == {ADMIN}
    assert all("stats" in {it.command for it in menu.commands} for menu in menus)
    assert of_type(await conversation.say(ALICE, text="/start"), SetMyCommands) == []
