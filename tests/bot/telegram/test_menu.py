"""The list of commands beside the text field."""

from typing import Any

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import SetMyCommands

from bot.handlers import create_routers
from bot.i18n import translations
from bot.people.users import Person
from bot.telegram.menu import publish_commands

ADMIN = 1003


async def test_each_place_gets_its_commands(conversation: Any) -> None:
    await publish_commands(conversation.bot, [Person(ADMIN)])
    lists = {
        call.scope.type: [command.command for command in call.commands]
        for call in conversation.session.calls
        if call.language_code is None
    }
    private = ["start", "help", "settings", "history", "cancel", "privacy", "forget"]
    assert lists == {
        "all_private_chats": private,
        "all_group_chats": ["caption", "help"],
        "all_chat_administrators": ["caption", "help", "autocaption"],
        "chat": [*private, "stats", "health", "export", "ban", "unban"],
    }


async def test_every_listed_command_is_known(conversation: Any) -> None:
    await publish_commands(conversation.bot, [Person(ADMIN)])
    listed = {command.command for call in conversation.session.calls for command in call.commands}
    handled = set()
    for router in create_routers()[0].chain_tail:
        for handler in router.message.handlers:
            for filter_ in handler.filters or ():
                handled |= set(getattr(filter_.callback, "commands", ()))
    assert listed <= handled


async def test_an_administrator_unknown_to_telegram_stops_nothing(
    conversation: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused = TelegramBadRequest(SetMyCommands(commands=[]), "Bad Request: chat not found")
    conversation.session.errors.append(refused)
    await publish_commands(conversation.bot, [Person(ADMIN)])
    languages = 1 + len(translations().available_locales)
    assert len(conversation.session.calls) == 4 * languages
    assert "chat not found" in caplog.text
