"""Where the bot is: people block it, chats remove it, groups become supergroups."""

from aiogram import F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.types import ChatMemberUpdated, Message

from bot.people.chat_settings import ChatSettings
from bot.people.privacy import Privacy
from bot.people.users import Users

GONE = {ChatMemberStatus.LEFT, ChatMemberStatus.KICKED}


def create_router() -> Router:
    router = Router(name="membership")
    router.my_chat_member.register(changed, F.chat.type == ChatType.PRIVATE)
    # Of a group it is also said when it becomes a supergroup, and that is to keep its settings.
    router.my_chat_member.register(
        removed,
        F.chat.type.in_({ChatType.SUPERGROUP, ChatType.CHANNEL}),
        F.new_chat_member.status.in_(GONE),
    )
    router.message.register(became_supergroup, F.migrate_to_chat_id)
    router.message.register(was_group, F.migrate_from_chat_id)
    return router


async def changed(event: ChatMemberUpdated, users: Users) -> None:
    blocked = event.new_chat_member.status == ChatMemberStatus.KICKED
    await users.set_blocked(event.from_user.id, blocked)


async def removed(event: ChatMemberUpdated, chat_settings: ChatSettings, privacy: Privacy) -> None:
    """A chat has nobody who could send /forget for it, so leaving it does that."""
    await chat_settings.forget(event.chat.id)
    await privacy.forget(event.chat.id)


async def became_supergroup(message: Message, chat_settings: ChatSettings) -> None:
    if message.migrate_to_chat_id is not None:
        await chat_settings.follow(message.chat.id, message.migrate_to_chat_id)


async def was_group(message: Message, chat_settings: ChatSettings) -> None:
    if message.migrate_from_chat_id is not None:
        await chat_settings.follow(message.migrate_from_chat_id, message.chat.id)
