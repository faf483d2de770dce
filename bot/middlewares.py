"""What every handler of the bot's routers finds prepared: the person, and the language."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Message, TelegramObject, User

from bot.i18n import in_language
from bot.users import Users

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class PersonMiddleware(BaseMiddleware):
    """Passes `person: Person`, who caused the update, to the handlers.

    A photo costs one transaction, that of its job, which stores its sender too; here they are
    only looked up. Buttons never create anyone: whoever pressed "delete it all" stays deleted
    when pressing another button of an old message.
    """

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        sender: User | None = data.get("event_from_user")
        if sender is not None:
            users: Users = data["users"]
            person = await users.load(sender.id, sender.language_code)
            if isinstance(event, CallbackQuery) or (isinstance(event, Message) and not event.photo):
                await users.seen(person, create=isinstance(event, Message))
            data["person"] = person
        return await handler(event, data)


class LanguageMiddleware(BaseMiddleware):
    """Makes texts in the handler those of the person's language."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        sender: User | None = data.get("event_from_user")
        with in_language(sender.language_code if sender is not None else None):
            return await handler(event, data)
