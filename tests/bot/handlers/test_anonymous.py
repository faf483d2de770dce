"""Administrators who write in the name of their group, whose persons Telegram does not tell."""

from typing import Any

import pytest
from aiogram.methods import SendMessage
from aiogram.types import Chat

from bot.texts.groups import nobody_in_particular_text

GROUP_ANONYMOUS_BOT = 1087968824


@pytest.mark.parametrize("command", ["/settings", "/model", "/forget"])
async def test_nobody_gets_buttons_that_nobody_can_press(conversation: Any, command: str) -> None:
    (reply,) = await conversation.say(
        GROUP_ANONYMOUS_BOT,
        chat_type="supergroup",
        text=command,
        sender_chat=Chat(id=-100, type="supergroup"),
    )
    assert isinstance(reply, SendMessage)
    assert reply.text == nobody_in_particular_text()
    assert reply.reply_markup is None


async def test_whoever_writes_as_themselves_gets_them(conversation: Any) -> None:
    (question,) = await conversation.say(chat_type="supergroup", text="/forget")
    assert question.reply_markup is not None
