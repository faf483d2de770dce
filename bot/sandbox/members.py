"""What the bot may ask about a chat and its members."""

from typing import Any

from aiogram.types import AcceptedGiftTypes, ChatFullInfo

from bot.sandbox import USERS
from bot.sandbox.chats import Chat, chat_member
from bot.sandbox.errors import bad_request
from bot.sandbox.membership import change_membership
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

_GIFTS = AcceptedGiftTypes(
    unlimited_gifts=False,
    limited_gifts=False,
    unique_gifts=False,
    premium_subscription=False,
    gifts_from_channels=False,
)


async def get_chat(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    chat = _chat(sandbox, parameters)
    return ChatFullInfo.model_validate(
        {
            **chat.shown(),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": _GIFTS,
        }
    ).model_dump(mode="json", exclude_none=True)


async def get_chat_member(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    chat = _chat(sandbox, parameters)
    user_id = parameters.integer("user_id")
    person = sandbox.person(user_id)
    if person is None and user_id != sandbox.bot_id:
        raise bad_request("user not found")
    user = sandbox.user(person) if person else sandbox.bot_user()
    return chat_member(user, sandbox.chats.status(chat, user_id))


async def get_chat_administrators(sandbox: Sandbox, parameters: Parameters) -> list[dict[str, Any]]:
    chat = _chat(sandbox, parameters)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    members = [
        chat_member(sandbox.user(person), sandbox.chats.status(chat, person.id))
        for person in USERS
        if sandbox.chats.is_administrator(chat, person.id)
    ]
    with_bots = parameters.flag("return_bots")
    if with_bots and sandbox.chats.is_administrator(chat, sandbox.bot_id):
        members.append(chat_member(sandbox.bot_user(), "administrator"))
    return members


async def get_chat_member_count(sandbox: Sandbox, parameters: Parameters) -> int:
    chat = _chat(sandbox, parameters)
    if chat.is_private:
        return 2
    ids = [*(person.id for person in USERS), sandbox.bot_id]
    return sum(sandbox.chats.is_present(chat, user_id) for user_id in ids)


async def leave_chat(sandbox: Sandbox, parameters: Parameters) -> bool:
    chat = _chat(sandbox, parameters)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    change_membership(sandbox, chat, sandbox.bot_id, "left", by=None)
    return True


def _chat(sandbox: Sandbox, parameters: Parameters) -> Chat:
    if not parameters.text("chat_id"):
        raise bad_request("chat_id is empty")
    return sandbox.chats.known_to_bot(parameters.integer("chat_id"))
