"""The list of commands beside the text field."""

from typing import Any

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import SetMyCommands

from bot.menu import publish_commands

ADMIN = 1003


async def test_everyone_gets_commands_and_administrators_one_more(conversation: Any) -> None:
    await publish_commands(conversation.bot, [ADMIN])
    lists = {
        call.scope.type: [command.command for command in call.commands]
        for call in conversation.session.calls
    }
    assert lists == {
        "all_private_chats": ["start", "help", "model", "forget"],
        "chat": ["start", "help", "model", "forget", "stats"],
    }


async def test_an_administrator_unknown_to_telegram_stops_nothing(
    conversation: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused = TelegramBadRequest(SetMyCommands(commands=[]), "Bad Request: chat not found")
    conversation.session.errors.append(refused)
    await publish_commands(conversation.bot, [ADMIN])
    assert len(conversation.session.calls) == 2
    assert "chat not found" in caplog.text
