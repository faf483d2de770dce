"""Whom /ban is about, and what gets past the gate."""

from typing import Any

import pytest
from aiogram.types import Chat, ForumTopicCreated

from bot.people.access import Access
from bot.storage.tables import User
from bot.texts.access import ban_usage_text, banned_text

ALICE, BOB, ADMIN = 1001, 1002, 1003
GROUP = -100


async def is_banned(conversation: Any, subject_id: int) -> bool:
    return await conversation.services["access"].unban(subject_id)


async def test_a_reply_names_its_author(conversation: Any) -> None:
    nuisance = conversation.message(BOB, "supergroup", text="Buy my things")
    await conversation.say(ADMIN, chat_type="supergroup", text="/ban", reply_to_message=nuisance)
    assert await is_banned(conversation, BOB)


async def test_a_channel_that_writes_in_a_group_is_meant_itself(conversation: Any) -> None:
    channel = Chat(id=-100777, type="channel")
    nuisance = conversation.message(BOB, "supergroup", text="Buy", sender_chat=channel)
    await conversation.say(ADMIN, chat_type="supergroup", text="/ban", reply_to_message=nuisance)
    assert await is_banned(conversation, channel.id)
    assert not await is_banned(conversation, BOB)


@pytest.mark.parametrize(
    "original",
    [
        {"text": "Hidden", "sender_chat": Chat(id=GROUP, type="supergroup")},
        {"forum_topic_created": ForumTopicCreated(name="Photos", icon_color=1)},
    ],
)
async def test_nobody_is_banned_by_mistake(conversation: Any, original: dict[str, Any]) -> None:
    message = conversation.message(BOB, "supergroup", **original)
    (answer,) = await conversation.say(
        ADMIN, chat_type="supergroup", text="/ban", reply_to_message=message
    )
    assert answer.text == ban_usage_text()
    assert not await is_banned(conversation, BOB)
    assert not await is_banned(conversation, GROUP)


async def test_a_banned_channel_cannot_write_in_a_group_either(conversation: Any) -> None:
    access: Access = conversation.services["access"]
    channel = Chat(id=-100777, type="channel")
    await access.ban(channel.id, by=ADMIN, bot_id=4242)
    say = {"chat_type": "supergroup", "text": "/help"}
    assert await conversation.say(BOB, sender_chat=channel, **say) == []
    assert len(await conversation.say(BOB, **say)) == 1


async def test_nothing_is_stored_of_whom_the_bot_does_not_serve(
    conversation: Any, database: Any
) -> None:
    await conversation.services["access"].ban(ALICE, by=ADMIN, bot_id=4242)
    (told,) = await conversation.say(ALICE, text="/start")
    assert told.text == banned_text()
    assert await conversation.say(ALICE, text="Hello?") == []
    assert await conversation.say(ALICE, chat_type="supergroup", text="/help") == []
    async with database.read() as session:
        assert await session.get(User, ALICE) is None
