"""The list of commands beside the text field, and what people read before they start the bot."""

from typing import Any

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import SetMyCommands

from bot.handlers import create_routers
from bot.i18n import in_language, languages, translations
from bot.people.users import Person
from bot.telegram.menu import description, publish_commands, short_description

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
        "chat": [*private, "stats", "health", "models", "export", "ban", "unban"],
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


@pytest.mark.parametrize("models", [1, 2, 3])
@pytest.mark.parametrize("language", languages())
def test_descriptions_have_the_length_that_telegram_takes(
    catalogue_of: Any, language: str, models: int
) -> None:
    catalogue_of(models)
    with in_language(language):
        assert len(description()) <= 512
        assert len(short_description()) <= 120


@pytest.mark.parametrize(
    ("language", "one", "several", "looked"),
    [
        ("en", "a neural network", "neural networks", "looked"),
        ("ru", "нейросеть", "нейросети", "смотрела"),
    ],
)
def test_descriptions_are_true_of_any_number_of_models(
    catalogue_of: Any, language: str, one: str, several: str, looked: str
) -> None:
    for models in (1, 2, 3):
        catalogue_of(models)
        with in_language(language):
            assert (several in description()) == (models > 1)
            assert (one in description()) == (models == 1)
            assert (looked in description()) == (models > 1), "the first has no attention"
