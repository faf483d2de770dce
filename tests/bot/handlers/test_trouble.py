"""Errors in handlers, and people who block the bot."""

import logging
import re
from typing import Any

import pytest
from aiogram.exceptions import TelegramForbiddenError
from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import ChatMemberBanned, ChatMemberMember, ChatMemberUpdated

from bot.storage import Database
from bot.storage.tables import User
from bot.telegram.callbacks import RatingButton

ALICE = 1001


class Broken:
    """A service whose every call fails."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("The disk is full")

        return fail


async def test_an_error_is_a_friendly_text_with_the_number_in_the_log(
    conversation: Any, caplog: pytest.LogCaptureFixture, photo_sizes: Any
) -> None:
    conversation.dispatcher["jobs"] = Broken()
    (apology,) = await conversation.say(photo=photo_sizes(9_000))

    assert isinstance(apology, SendMessage)
    found = re.search(r"number ([0-9a-f]{6})\b", apology.text)
    assert found is not None
    (record,) = [r for r in caplog.records if r.name == "bot.handlers.errors"]
    assert found[1] in record.getMessage()
    assert "The disk is full" in (record.exc_text or logging.Formatter().format(record))
    assert "disk" not in apology.text


async def test_an_error_after_a_press_answers_the_press(conversation: Any) -> None:
    conversation.dispatcher["feedback"] = Broken()
    data = RatingButton(job_id=1, caption_id=1, value=1).pack()
    (answer,) = await conversation.press(data)
    assert isinstance(answer, AnswerCallbackQuery)
    assert answer.show_alert
    assert "something went wrong" in answer.text


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
        user = await session.get(User, ALICE)
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
