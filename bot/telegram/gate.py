"""Keeps out updates of people and chats that the bot does not serve, before anything is stored."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.enums import ChatType
from aiogram.types import CallbackQuery, Chat, Message, TelegramObject, User

from bot.i18n import in_language
from bot.people.access import Access, Verdict
from bot.people.users import Users
from bot.telegram.callbacks import ForgetButton
from bot.telegram.outbox import Outbox
from bot.texts.access import banned_text, not_invited_text

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]

FORGET_BUTTON = f"{ForgetButton.__prefix__}{ForgetButton.__separator__}"
OWN_DATA_COMMANDS = ("/forget", "/privacy")


class AccessMiddleware(BaseMiddleware):
    """Passes on what comes from people and chats that are served.

    Others are told once a day, in private; in groups there is silence, since nobody else asked.
    Presses are always answered: Telegram shows them as pending until they are. Whoever it is may
    ask what is stored about them, and have it deleted.
    """

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        sender: User | None = data.get("event_from_user")
        chat: Chat | None = data.get("event_chat")
        # In a group people may write in the name of a channel of theirs.
        alias = event.sender_chat if isinstance(event, Message) else None
        access: Access = data["access"]
        verdict = await access.check(
            sender.id if sender is not None else None,
            *(it.id for it in (chat, alias) if it is not None),
        )
        if verdict is Verdict.SERVED or _is_for_everyone(event):
            return await handler(event, data)
        if sender is not None:
            await _refuse(event, sender, verdict, data)
        return None


async def _refuse(
    event: TelegramObject, sender: User, verdict: Verdict, data: dict[str, Any]
) -> None:
    outbox: Outbox = data["outbox"]
    users: Users = data["users"]
    access: Access = data["access"]
    person = await users.load(sender.id, sender.language_code)
    with in_language(person.language):
        text = banned_text() if verdict is Verdict.BANNED else not_invited_text(sender.id)
        if isinstance(event, CallbackQuery):
            outbox.send(event.answer(text, show_alert=True))
        elif (
            isinstance(event, Message)
            and event.chat.type == ChatType.PRIVATE
            and await access.is_first_refusal(sender.id)
        ):
            outbox.send(event.answer(text))


def _is_for_everyone(event: TelegramObject) -> bool:
    """What concerns one's own data, and groups that become supergroups: bans move with them."""
    if isinstance(event, CallbackQuery):
        return (event.data or "").startswith(FORGET_BUTTON)
    if not isinstance(event, Message):
        return False
    if event.migrate_to_chat_id is not None or event.migrate_from_chat_id is not None:
        return True
    command = (event.text or "").partition(" ")[0].partition("@")[0].lower()
    return event.chat.type == ChatType.PRIVATE and command in OWN_DATA_COMMANDS
