"""What Telegram shows of the bot: its commands beside the text field, and its descriptions."""

import logging
from collections.abc import Awaitable, Iterable

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeUnion,
)

from bot.i18n import gettext as _
from bot.i18n import in_language, translations
from bot.people.users import Person, model_choices
from bot.storage.people import language_to_speak
from captioning import MODELS
from captioning.catalogue import attentive_models

logger = logging.getLogger(__name__)


async def publish_commands(bot: Bot, admins: Iterable[Person]) -> None:
    """Set the lists of commands, in every language: in private, in groups, for their
    administrators, and for the bot's own administrators in their chats with it.

    The bot works without it, so what Telegram refuses is logged and nothing is raised. (A chat
    with an administrator who has never written to the bot cannot be found, for one.)
    """
    # The list without a language is for everyone whose language we do not speak.
    for language in (None, *translations().available_locales):
        with in_language(language):
            lists: list[tuple[BotCommandScopeUnion, list[BotCommand]]] = [
                (BotCommandScopeAllPrivateChats(), _everyones()),
                (BotCommandScopeAllGroupChats(), _groups()),
                (BotCommandScopeAllChatAdministrators(), _groups() + _group_administrators()),
            ]
            for scope, commands in lists:
                await _set_commands(bot, commands, scope, language)
    for admin in admins:
        await publish_own_commands(bot, admin, is_admin=True)


async def publish_own_commands(bot: Bot, person: Person, *, is_admin: bool) -> None:
    """Set the lists of commands in a person's chat with the bot, in the language they chose.

    Who has chosen none gets them in the language of their Telegram.
    """
    scope = BotCommandScopeChat(chat_id=person.id)
    for language in (None, *translations().available_locales):
        if not is_admin and person.chosen_language is None:
            await _tolerantly(
                "The list of commands of a person",
                bot.delete_my_commands(scope=scope, language_code=language),
            )
            continue
        with in_language(language_to_speak(person.chosen_language, language)):
            commands = _everyones() + (_admins() if is_admin else [])
            await _set_commands(bot, commands, scope, language)


async def publish_descriptions(bot: Bot) -> None:
    """Set what people read before they start the bot, and on its profile, in every language.

    Telegram allows only a few of these changes a day, so nothing is set that is set already.
    """
    for language in (None, *translations().available_locales):
        with in_language(language):
            await _tolerantly("The description", _describe(bot, language))
            await _tolerantly("The short description", _describe_shortly(bot, language))


def description() -> str:
    """What people read before they start the bot. At most 512 characters."""
    what = _(
        "Send me a photo, and a neural network will describe it in an English sentence.",
        "Send me a photo, and neural networks will each describe it in an English sentence.",
        len(MODELS),
    )
    where = _(
        "Albums, pictures sent as files and stickers work too, and so do groups: reply /caption "
        "to a photo there."
    )
    if attentive_models():
        more = _("You can rate the captions, see where a network looked, and write a better one.")
    else:
        more = _("You can rate the captions, and write a better one.")
    own_data = _("/privacy tells what is stored, /forget deletes it.")
    return f"{what}\n\n{where} {more}\n\n{own_data}"


def short_description() -> str:
    """What people read on the bot's profile. At most 120 characters."""
    return _(
        "Describes photos in English, with a neural network.",
        "Describes photos in English, with neural networks.",
        len(MODELS),
    )


async def _describe(bot: Bot, language: str | None) -> None:
    text = description()
    current = await bot.get_my_description(language_code=language)
    if current.description != text:
        await bot.set_my_description(text, language_code=language)


async def _describe_shortly(bot: Bot, language: str | None) -> None:
    text = short_description()
    current = await bot.get_my_short_description(language_code=language)
    if current.short_description != text:
        await bot.set_my_short_description(text, language_code=language)


def _everyones() -> list[BotCommand]:
    settings = _("Language, length of captions")
    if model_choices():
        settings = _("Models, language, length of captions")
    return [
        BotCommand(command="start", description=_("What this bot does and stores")),
        BotCommand(command="help", description=_("How to use it")),
        BotCommand(command="settings", description=settings),
        BotCommand(command="history", description=_("My captions")),
        BotCommand(command="cancel", description=_("Stop writing a caption")),
        BotCommand(command="privacy", description=_("What is stored, and for how long")),
        BotCommand(command="forget", description=_("Delete my data")),
    ]


def _groups() -> list[BotCommand]:
    return [
        BotCommand(command="caption", description=_("Describe the photo I reply to")),
        BotCommand(command="help", description=_("How to use it")),
    ]


def _group_administrators() -> list[BotCommand]:
    return [
        BotCommand(command="autocaption", description=_("Describe every photo here: on or off"))
    ]


def _admins() -> list[BotCommand]:
    return [
        BotCommand(command="stats", description=_("How the bot is doing")),
        BotCommand(command="health", description=_("Whether everything works")),
        BotCommand(command="models", description=_("Versions of the models")),
        BotCommand(command="export", description=_("Ratings and corrections as a file")),
        BotCommand(command="ban", description=_("Exclude a person or chat")),
        BotCommand(command="unban", description=_("Let them in again")),
    ]


async def _set_commands(
    bot: Bot, commands: list[BotCommand], scope: BotCommandScopeUnion, language: str | None
) -> None:
    await _tolerantly(
        f"The list of commands ({scope.type})",
        bot.set_my_commands(commands, scope=scope, language_code=language),
    )


async def _tolerantly(what: str, call: Awaitable[object]) -> None:
    try:
        await call
    except TelegramAPIError as error:
        logger.warning("%s could not be set: %s", what, error)
