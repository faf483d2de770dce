"""The chats of the sandbox and who is in them: private ones, a group, a channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aiogram.types import (
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberBanned,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberOwner,
)

from bot.sandbox import GROUPS, USERS, SandboxGroup, SandboxUser, find_user
from bot.sandbox.errors import BotApiError, bad_request, bot_was_blocked, forbidden
from bot.sandbox.state import State

ChatType = Literal["private", "group", "supergroup", "channel"]
_SUPERGROUP_IDS = -1_000_000_000_000  # a supergroup's id is this and the group's together
_ADMINISTRATORS = ("creator", "administrator")
_PRESENT = (*_ADMINISTRATORS, "member")
STATUSES = (*_PRESENT, "left", "kicked")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as it is now; exactly one of `person` and `group` is given."""

    id: int
    type: ChatType
    person: SandboxUser | None = None
    group: SandboxGroup | None = None

    @property
    def title(self) -> str:
        return self.group.title if self.group else ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_channel(self) -> bool:
        return self.type == "channel"

    def shown(self) -> dict[str, Any]:
        """The Chat object of the Bot API."""
        if self.person is None:
            return {"id": self.id, "type": self.type, "title": self.title}
        return {
            "id": self.id,
            "type": self.type,
            "first_name": self.person.first_name,
            "username": self.person.username,
        }


class Chats:
    """Finds chats and keeps what changes about them: members, migration, who blocked the bot."""

    def __init__(self, state: State, bot_id: int) -> None:
        self._state = state
        self._bot_id = bot_id

    def find(self, chat_id: int) -> Chat | None:
        """The chat with an id; a group that migrated is found under both its ids."""
        person = find_user(chat_id)
        if person is not None:
            return Chat(chat_id, "private", person=person)
        for group in GROUPS:
            if chat_id == group.id:
                return Chat(chat_id, group.type, group=group)
            if chat_id == self._state.setting(f"migrated.{group.id}"):
                return Chat(chat_id, "supergroup", group=group)
        return None

    def of_person(self, person: SandboxUser) -> list[Chat]:
        """What a person's list of chats shows: the private chat first."""
        shared = [self.current(group) for group in GROUPS]
        return [
            Chat(person.id, "private", person=person),
            *(chat for chat in shared if self.is_present(chat, person.id)),
        ]

    def every(self) -> Iterator[Chat]:
        for person in USERS:
            yield Chat(person.id, "private", person=person)
        for group in GROUPS:
            yield self.current(group)

    def current(self, group: SandboxGroup) -> Chat:
        moved_to = self._state.setting(f"migrated.{group.id}")
        if moved_to:
            return Chat(moved_to, "supergroup", group=group)
        return Chat(group.id, group.type, group=group)

    def migrated_to(self, chat: Chat) -> int | None:
        """The id under which a group goes on, or None when it still has this one."""
        if chat.group is None:
            return None
        current = self.current(chat.group)
        return current.id if current.id != chat.id else None

    def migrated_from(self, chat: Chat) -> int | None:
        """The id that a supergroup had as a group."""
        return chat.group.id if chat.group and chat.type == "supergroup" else None

    def migrate(self, group: SandboxGroup) -> Chat:
        """Make a supergroup of a group; nothing else in this class tells the bot of it."""
        self._state.set_setting(f"migrated.{group.id}", _SUPERGROUP_IDS + group.id)
        return self.current(group)

    # Members

    def status(self, chat: Chat, user_id: int) -> str:
        """One of STATUSES; in a private chat everyone concerned is a member."""
        if chat.group is None:
            return "member" if user_id in (chat.id, self._bot_id) else "left"
        if user_id == chat.group.owner.id:
            return "creator"
        stored: str | None = self._state.setting(f"member.{chat.group.id}.{user_id}")
        if stored is not None:
            return stored
        if user_id == self._bot_id:
            return "administrator" if chat.is_channel else "member"
        return "member" if find_user(user_id) is not None else "left"

    def set_status(self, chat: Chat, user_id: int, status: str) -> None:
        assert chat.group is not None  # a private chat has no roles
        self._state.set_setting(f"member.{chat.group.id}.{user_id}", status)

    def is_present(self, chat: Chat, user_id: int) -> bool:
        return self.status(chat, user_id) in _PRESENT

    def is_administrator(self, chat: Chat, user_id: int) -> bool:
        return self.status(chat, user_id) in _ADMINISTRATORS

    # The bot's rights

    def is_started(self, chat_id: int) -> bool:
        return bool(self._state.setting(f"started.{chat_id}"))

    def is_blocked(self, chat_id: int) -> bool:
        return bool(self._state.setting(f"blocked.{chat_id}"))

    def known_to_bot(self, chat_id: int) -> Chat:
        """A chat that the bot may ask about; raises BotApiError as Telegram does."""
        chat = self.find(chat_id)
        if chat is None or (chat.is_private and not self.is_started(chat_id)):
            raise bad_request("chat not found")
        moved_to = self.migrated_to(chat)
        if moved_to is not None:
            raise BotApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=moved_to,
            )
        status = self.status(chat, self._bot_id)
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {chat.type} chat")
        return chat

    def for_bot(self, chat_id: int) -> Chat:
        """A chat that the bot may write to; raises BotApiError as Telegram does."""
        chat = self.known_to_bot(chat_id)
        if chat.is_private and self.is_blocked(chat_id):
            raise bot_was_blocked()
        if chat.is_channel and not self.is_administrator(chat, self._bot_id):
            raise bad_request("need administrator rights in the channel chat")
        return chat


_ADMINISTRATOR_RIGHTS = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_send_welcome_messages": False,
}
_MEMBERS: dict[str, tuple[type[ChatMember], dict[str, Any]]] = {
    "creator": (ChatMemberOwner, {"is_anonymous": False}),
    "administrator": (ChatMemberAdministrator, _ADMINISTRATOR_RIGHTS),
    "member": (ChatMemberMember, {}),
    "left": (ChatMemberLeft, {}),
    "kicked": (ChatMemberBanned, {"until_date": 0}),
}


def chat_member(user: dict[str, Any], status: str) -> dict[str, Any]:
    """The ChatMember object of a user with one of STATUSES."""
    kind, fields = _MEMBERS[status]
    member = kind.model_validate({"user": user, **fields})
    return member.model_dump(mode="json", exclude_none=True)
