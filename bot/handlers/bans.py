"""/ban and /unban, by id or as a reply to a message; part of the router of administrators."""

import re

from aiogram import Bot, Router
from aiogram.filters import Command, CommandObject
from aiogram.methods import DeleteMessage
from aiogram.types import Message

from bot.people.access import Access, CannotBanError
from bot.people.users import Person
from bot.telegram.outbox import Outbox
from bot.texts.access import ban_text, ban_usage_text, cannot_ban_text, unban_text

ID = re.compile(r"-?\d{1,18}")


def create_router() -> Router:
    router = Router(name="bans")
    router.message.register(ban, Command("ban", ignore_case=True))
    router.message.register(unban, Command("unban", ignore_case=True))
    return router


async def ban(
    message: Message,
    command: CommandObject,
    bot: Bot,
    person: Person,
    access: Access,
    outbox: Outbox,
) -> None:
    subject_id = subject_of(message, command)
    if subject_id is None:
        outbox.send(message.answer(ban_usage_text()))
        return
    try:
        banned = await access.ban(subject_id, by=person.id, bot_id=bot.id)
    except CannotBanError:
        outbox.send(message.answer(cannot_ban_text()))
        return
    for chat_id, message_id in banned.placeholders:
        outbox.send(DeleteMessage(chat_id=chat_id, message_id=message_id).as_(bot))
    text = ban_text(subject_id, is_new=banned.is_new, dropped=banned.dropped)
    outbox.send(message.answer(text))


async def unban(message: Message, command: CommandObject, access: Access, outbox: Outbox) -> None:
    subject_id = subject_of(message, command)
    if subject_id is None:
        outbox.send(message.answer(ban_usage_text()))
        return
    was_banned = await access.unban(subject_id)
    outbox.send(message.answer(unban_text(subject_id, was_banned=was_banned)))


def subject_of(message: Message, command: CommandObject) -> int | None:
    """Whom a command is about: the id it names, else whoever wrote the message it replies to."""
    if command.args:
        named = command.args.strip()
        return int(named) if ID.fullmatch(named) else None
    original = message.reply_to_message
    # In a topic every message replies to the one that opened it.
    if original is None or original.forum_topic_created is not None:
        return None
    if original.sender_chat is not None:
        # A channel; or an administrator who hides behind the group, and cannot be told from it.
        return original.sender_chat.id if original.sender_chat.id != message.chat.id else None
    return original.from_user.id if original.from_user is not None else None
