"""Chats that the bot is removed from, and groups that become supergroups."""

from typing import Any

from aiogram.types import (
    Chat,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberUpdated,
    PhotoSize,
    User,
)
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import Job

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
