"""Whose updates get past the gate, and what the others are told."""

from typing import Any

from aiogram.types import Chat
from sqlalchemy import func, select

from bot.people.access import Access
from bot.storage import Database
from bot.storage.tables import User
from bot.telegram.callbacks import ForgetButton, RatingButton

ALICE, ADMIN = 1001, 1003
CHANNEL = -1003001


async def ban(conversation: Any, subject_id: int) -> None:
    await conversation.services["access"].ban(subject_id, by=ADMIN, bot_id=4242)


async def test_who_is_banned_is_told_once_in_private_and_never_in_groups(
    conversation: Any,
) -> None:
    await ban(conversation, ALICE)
    assert await conversation.say(text="/help", chat_type="supergroup") == []
    (told,) = await conversation.say(text="/help")
    assert "excluded you" in told.text
    assert await conversation.say(text="/help") == []


async def test_presses_are_always_answered(conversation: Any) -> None:
    await ban(conversation, ALICE)
    button = RatingButton(job_id=1, caption_id=1, value=1).pack()
    for _ in range(2):
        (answer,) = await conversation.press(button)
        assert "excluded you" in answer.text


async def test_everybody_may_see_and_delete_their_data(conversation: Any) -> None:
    await ban(conversation, ALICE)
    (privacy,) = await conversation.say(text="/privacy")
    assert "What I store" in privacy.text
    button = ForgetButton(user_id=ALICE, confirmed=0).pack()
    assert "Nothing was deleted" in (await conversation.press(button))[-1].text


async def test_who_is_not_invited_learns_their_id_and_is_not_stored(
    conversation: Any, database: Database
) -> None:
    conversation.dispatcher["access"] = Access(database, allowed_ids=frozenset({ADMIN}))
    (told,) = await conversation.say(text="/help")
    assert str(ALICE) in told.text
    async with database.read() as session:
        assert await session.scalar(select(func.count(User.id))) == 0


async def test_a_banned_channel_is_no_disguise(conversation: Any) -> None:
    await ban(conversation, CHANNEL)
    message = conversation.message(ALICE, "supergroup", text="/help")
    alias = Chat(id=CHANNEL, type="channel")
    disguised = message.model_copy(update={"sender_chat": alias})
    assert await conversation.calls_of(conversation.feed(message=disguised)) == []
    assert await conversation.calls_of(conversation.feed(message=message)) != []
