"""What administrators choose for a group or channel, and following one that gets a new id."""

from typing import Any

from sqlalchemy import Column, Table, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import Database
from bot.storage.people import ensure_person
from bot.storage.tables import Ban, Chat, Conversation, Job, Rating, User


class ChatSettings:
    """Reads and writes groups and channels in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def autocaption(self, chat_id: int) -> bool:
        """Whether every photo in a chat gets an alternative text as a reply."""
        async with self._database.read() as session:
            chat = await session.get(Chat, chat_id)
        return chat is not None and chat.autocaption

    async def set_autocaption(self, chat_id: int, chat_type: str, is_on: bool) -> None:
        """Remember it; `chat_type` is "group", "supergroup" or "channel"."""
        async with self._database.write() as session:
            chat = await session.get(Chat, chat_id)
            if chat is None:
                chat = Chat(id=chat_id, type=chat_type)
                session.add(chat)
            chat.type, chat.autocaption = chat_type, is_on

    async def forget(self, chat_id: int) -> None:
        """Delete what was chosen for a chat, and where ratings came from that were given there."""
        async with self._database.write() as session:
            here = update(Rating).where(Rating.chat_id == chat_id)
            await session.execute(here.values(chat_id=None))
            await session.execute(delete(Chat).where(Chat.id == chat_id))

    async def has_moved(self, chat_id: int) -> bool:
        """Whether a group has become a supergroup."""
        async with self._database.read() as session:
            moved = select(Chat.id).where(Chat.was_id == chat_id).limit(1)
            return await session.scalar(moved) is not None

    async def follow(self, old_id: int, new_id: int) -> None:
        """Give everything about a group to the supergroup that it has become.

        Telegram tells it twice, in the old group and in the new one; the second time there is
        nothing left to do. What the supergroup has already wins. The bot's messages stay behind:
        their ids are those of other messages in the supergroup.
        """
        async with self._database.write() as session:
            old, new = await session.get(Chat, old_id), await session.get(Chat, new_id)
            if new is None:
                new = Chat(id=new_id, type="supergroup")
                if old is not None:
                    new.autocaption, new.created_at = old.autocaption, old.created_at
                session.add(new)
            new.was_id = old_id
            if old is not None:
                await session.delete(old)
            await session.flush()
            for left_behind in (
                update(Job).where(Job.chat_id == old_id).values(placeholder_id=None),
                update(Conversation).where(Conversation.chat_id == old_id).values(prompt_id=None),
            ):
                await session.execute(left_behind)
            await _move_sender(session, old_id, new_id)
            for table, column, others in (
                (Job.__table__, "chat_id", ("bot_id", "message_id", "photo_id")),
                (Rating.__table__, "chat_id", ("user_id", "caption_id")),
                (Ban.__table__, "subject_id", ()),
                (Conversation.__table__, "chat_id", ("user_id",)),
            ):
                assert isinstance(table, Table)
                await _move(session, table, column, others, old_id, new_id)


async def _move_sender(session: AsyncSession, old_id: int, new_id: int) -> None:
    """A chat whose administrators write in its name has sent photos itself."""
    old = await session.get(User, old_id)
    if old is None:
        return
    if await session.get(User, new_id) is None:
        new = await ensure_person(session, new_id)
        new.language_code, new.created_at = old.language_code, old.created_at
    await session.execute(update(Job).where(Job.user_id == old_id).values(user_id=new_id))
    await session.delete(old)
    await session.flush()


async def _move(
    session: AsyncSession,
    table: Table,
    column: str,
    others: tuple[str, ...],
    old_id: int,
    new_id: int,
) -> None:
    """Exchange a chat's id, except where the row would be one that is there already.

    `column` and `others` together are unique.
    """
    there = table.alias()
    same: list[Any] = [there.c[name] == table.c[name] for name in others]
    chat_id: Column[int] = table.c[column]
    await session.execute(
        update(table)
        .where(
            chat_id == old_id,
            ~exists(select(there.c[column]).where(there.c[column] == new_id, *same)),
        )
        .values({column: new_id})
    )
