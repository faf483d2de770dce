"""What every handler of the bot's routers finds prepared: the person, and the language."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiogram import BaseMiddleware
from aiogram.enums import ChatType
from aiogram.types import CallbackQuery, Message, TelegramObject, User

from bot.i18n import in_language
from bot.people.users import Person, Users
from bot.storage.availability import DatabaseUnavailableError

logger = logging.getLogger(__name__)

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class PersonMiddleware(BaseMiddleware):
    """Passes `person: Person`, who caused the update, to the handlers.

    A photo costs one transaction, that of its job, which stores its sender too; here they are
    only looked up. Buttons never create anyone: whoever pressed "delete it all" stays deleted
    when pressing another button of an old message. Neither does what people say in groups: most
    of it is not meant for the bot.
    """

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        sender: User | None = data.get("event_from_user")
        if sender is not None:
            users: Users = data["users"]
            person = await users.load(sender.id, sender.language_code)
            if isinstance(event, CallbackQuery) or (isinstance(event, Message) and not event.photo):
                # What needs no writing, /health above all, is answered also when there can be none.
                with suppress(DatabaseUnavailableError):
                    await users.seen(person, create=_is_private_message(event))
            data["person"] = person
        return await handler(event, data)


def _is_private_message(event: TelegramObject) -> bool:
    return isinstance(event, Message) and event.chat.type == ChatType.PRIVATE


class LanguageMiddleware(BaseMiddleware):
    """Makes texts in the handler those of the person's language: chosen, or their Telegram's."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        sender: User | None = data.get("event_from_user")
        language = None
        if sender is not None:
            person: Person | None = data.get("person")
            language = person.language if person is not None else await _language(sender, data)
        with in_language(language):
            return await handler(event, data)


async def _language(sender: User, data: dict[str, Any]) -> str | None:
    """After an error nobody has been loaded, and perhaps it is the database that has failed."""
    users: Users = data["users"]
    try:
        return (await users.load(sender.id, sender.language_code)).language
    except Exception:
        logger.exception("Could not look up the language of a person")
        return sender.language_code
