"""A person blocks the bot, or lets it write again."""

from aiogram import F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.types import ChatMemberUpdated

from bot.users import Users


def create_router() -> Router:
    router = Router(name="membership")
    router.my_chat_member.register(changed, F.chat.type == ChatType.PRIVATE)
    return router


async def changed(event: ChatMemberUpdated, users: Users) -> None:
    blocked = event.new_chat_member.status == ChatMemberStatus.KICKED
    await users.set_blocked(event.from_user.id, blocked)
