"""Members of groups that come, go and get rights, and groups that become supergroups."""

import time
from typing import Any

from aiogram.types import ChatMemberUpdated

from bot.sandbox import SandboxUser
from bot.sandbox.chats import STATUSES, Chat, chat_member
from bot.sandbox.errors import PersonError
from bot.sandbox.world import Sandbox

_PRESENT = ("member", "administrator")


def tell_of_change(
    sandbox: Sandbox, chat: Chat, user_id: int, old: str, new: str, by: dict[str, Any]
) -> None:
    """Queue the update about a member's new status: my_chat_member when it is the bot's."""
    person = sandbox.person(user_id)
    user = sandbox.user(person) if person else sandbox.bot_user()
    change = ChatMemberUpdated.model_validate(
        {
            "chat": chat.shown(),
            "from": by,
            "date": int(time.time()),
            "old_chat_member": chat_member(user, old),
            "new_chat_member": chat_member(user, new),
        }
    )
    sandbox.tell_bot(
        "chat_member" if person else "my_chat_member",
        change.model_dump(mode="json", exclude_none=True, by_alias=True),
    )


def change_membership(
    sandbox: Sandbox, chat: Chat, user_id: int, status: str, by: SandboxUser | None
) -> None:
    """Give someone in a group or channel another status; `by` None is the bot itself.

    Raises PersonError when the status or the chat has no such thing.
    """
    if chat.group is None or status not in STATUSES or status == "creator":
        raise PersonError("A member of this chat cannot become that.")
    if user_id == chat.group.owner.id:
        raise PersonError("The owner of a chat stays its owner.")
    person = sandbox.person(user_id)
    if person is None and user_id != sandbox.bot_id:
        raise PersonError("Nobody here has this id.", 404)
    old = sandbox.chats.status(chat, user_id)
    if old == status:
        return
    user = sandbox.user(person) if person else sandbox.bot_user()
    actor = sandbox.user(by) if by else sandbox.bot_user()
    knew = sandbox.chats.is_present(chat, sandbox.bot_id)
    sandbox.chats.set_status(chat, user_id, status)
    if knew or user_id == sandbox.bot_id:
        tell_of_change(sandbox, chat, user_id, old, status, actor)
    came, went = status in _PRESENT and old not in _PRESENT, status not in _PRESENT
    if not chat.is_channel and (came or (went and old in _PRESENT)):
        service = {"new_chat_members": [user]} if came else {"left_chat_member": user}
        message = sandbox.post(chat, service, sender=by)
        if by is not None:
            sandbox.tell_bot_of_message(chat, message, edited=False)
    sandbox.tell_page(chat.id, "members")


def migrate(sandbox: Sandbox, chat: Chat, by: SandboxUser) -> Chat:
    """Upgrade a group to a supergroup, which has another id; the bot is told in both.

    Raises PersonError when it is none, or was upgraded before.
    """
    if chat.group is None or chat.type != "group" or sandbox.chats.migrated_to(chat):
        raise PersonError("Only a group can become a supergroup, and only once.")
    new = sandbox.chats.migrate(chat.group)
    for place, content in (
        (chat, {"migrate_to_chat_id": new.id}),
        (new, {"migrate_from_chat_id": chat.id}),
    ):
        message = sandbox.post(place, content, sender=by)
        sandbox.tell_bot_of_message(place, message, edited=False)
    sandbox.tell_page(new.id, "migrated")
    return new
