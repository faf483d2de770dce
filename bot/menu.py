"""The list of commands that Telegram shows beside the text field."""

import logging
from collections.abc import Iterable

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeUnion,
)

from bot.i18n import gettext as _
from bot.i18n import in_language, translations

logger = logging.getLogger(__name__)


async def publish_commands(bot: Bot, admin_ids: Iterable[int]) -> None:
    """Set the list of commands, in every language, with the administrators' own in their chats.

    The bot works without it, so what Telegram refuses is logged and nothing is raised. (A chat
    with an administrator who has never written to the bot cannot be found, for one.)
    """
    # The list without a language is for everyone whose language we do not speak.
    for language in (None, *translations().available_locales):
        with in_language(language):
            await _set(bot, _everyones(), BotCommandScopeAllPrivateChats(), language)
            for admin_id in admin_ids:
                scope = BotCommandScopeChat(chat_id=admin_id)
                await _set(bot, _everyones() + _admins(), scope, language)


def _everyones() -> list[BotCommand]:
    return [
        BotCommand(command="start", description=_("What this bot does and stores")),
        BotCommand(command="help", description=_("How to use it")),
        BotCommand(command="settings", description=_("Models, language, length of captions")),
        BotCommand(command="history", description=_("My captions")),
        BotCommand(command="forget", description=_("Delete my data")),
    ]


def _admins() -> list[BotCommand]:
    return [
        BotCommand(command="stats", description=_("How the bot is doing")),
        BotCommand(command="health", description=_("Whether everything works")),
        BotCommand(command="export", description=_("Ratings and corrections as a file")),
    ]


async def _set(
    bot: Bot, commands: list[BotCommand], scope: BotCommandScopeUnion, language: str | None
) -> None:
    try:
        await bot.set_my_commands(commands, scope=scope, language_code=language)
    except TelegramAPIError as error:
        logger.warning("The list of commands could not be set (%s): %s", scope.type, error)
