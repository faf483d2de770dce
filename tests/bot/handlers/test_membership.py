"""Chats that the bot is removed from, and groups that become supergroups."""

from typing import Any

from aiogram.exceptions import TelegramForbiddenError
from aiogram.methods import SendMessage
from aiogram.types import (
    Chat,
    ChatMemberBanned,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberUpdated,
    PhotoSize,
    User,
)
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import Job
from bot.storage.tables import User as StoredUser

ALICE, CHANNEL, GROUP, SUPERGROUP = 1001, -1003001, -100, -1000000000100
PHOTO = [PhotoSize(file_id="p", file_unique_id="u", width=640, height=480)]


def left(conversation: Any, chat_id: int, chat_type: str) -> ChatMemberUpdated:
    bot = User(id=4242, is_bot=True, first_name="Caption bot")
    return ChatMemberUpdated(
        chat=Chat(id=chat_id, type=chat_type, title="A chat"),
        from_user=conversation.user(ALICE),
        date=conversation.message(ALICE).date,
        old_chat_member=ChatMemberMember(user=bot),
        new_chat_member=ChatMemberLeft(user=bot),
    )


async def chats_of_jobs(database: Database) -> list[int]:
    async with database.read() as session:
        return list(await session.scalars(select(Job.chat_id).order_by(Job.id)))


async def test_a_channel_that_removes_the_bot_is_forgotten(
    conversation: Any, database: Database
) -> None:
    settings = conversation.services["chat_settings"]
    await settings.set_autocaption(CHANNEL, "channel", True)
    channel = Chat(id=CHANNEL, type="channel", title="A chat")
    post = conversation.message(ALICE, photo=PHOTO).model_copy(
        update={"chat": channel, "sender_chat": channel, "from_user": None}
    )
    await conversation.feed(channel_post=post)
    await conversation.feed(message=conversation.message(ALICE, photo=PHOTO))
    assert await chats_of_jobs(database) == [CHANNEL, ALICE]

    await conversation.feed(my_chat_member=left(conversation, CHANNEL, "channel"))
    assert not await settings.autocaption(CHANNEL)
    assert await chats_of_jobs(database) == [ALICE]


async def test_a_group_moves(conversation: Any, database: Database) -> None:
    settings = conversation.services["chat_settings"]
    await settings.set_autocaption(GROUP, "group", True)
    old = Chat(id=GROUP, type="group", title="A chat")
    new = Chat(id=SUPERGROUP, type="supergroup", title="A chat")

    def message(chat: Chat, **content: Any) -> Any:
        sent = conversation.message(ALICE, "group", **content)
        return sent.model_copy(update={"chat": chat})

    await conversation.feed(message=message(old, photo=PHOTO))
    for update in (
        # Telegram may say first that the bot is not in the old group any more.
        {"my_chat_member": left(conversation, GROUP, "group")},
        {"message": message(old, migrate_to_chat_id=SUPERGROUP)},
        {"message": message(new, migrate_from_chat_id=GROUP)},
    ):
        assert await conversation.calls_of(conversation.feed(**update)) == []
    assert await chats_of_jobs(database) == [SUPERGROUP]
    assert await settings.autocaption(SUPERGROUP)


def change(conversation: Any, *, blocked: bool) -> ChatMemberUpdated:
    message = conversation.message(ALICE)
    user = conversation.user(4242)
    member, banned = ChatMemberMember(user=user), ChatMemberBanned(user=user, until_date=0)
    return ChatMemberUpdated(
        chat=message.chat,
        from_user=message.from_user,
        date=message.date,
        old_chat_member=member if blocked else banned,
        new_chat_member=banned if blocked else member,
    )


async def blocked_at(database: Database) -> Any:
    async with database.read() as session:
        user = await session.get(StoredUser, ALICE)
    assert user is not None
    return user.blocked_at


async def test_who_blocks_the_bot_is_noted_until_they_return(
    conversation: Any, database: Database
) -> None:
    await conversation.say(text="/start")
    await conversation.feed(my_chat_member=change(conversation, blocked=True))
    assert await blocked_at(database) is not None
    await conversation.feed(my_chat_member=change(conversation, blocked=False))
    assert await blocked_at(database) is None


async def test_a_refused_message_tells_that_the_bot_is_blocked(
    conversation: Any, database: Database
) -> None:
    method = SendMessage(chat_id=ALICE, text="Hello")
    conversation.session.errors.append(
        TelegramForbiddenError(method, "Forbidden: bot was blocked by the user")
    )
    await conversation.say(text="/start")
    assert await blocked_at(database) is not None
