"""A burst of photos beyond the limits is heard of once, with its numbers."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.handlers.limit_notices import LimitNotices
from bot.i18n import in_language
from bot.queue.jobs import Refusal

ALICE, BOB = 1001, 1002
DAY = Refusal("day", 300, timedelta(hours=3))


@pytest.fixture
def notices(conversation: Any) -> LimitNotices:
    return LimitNotices(conversation.outbox, quiet=0.1, most=0.3)


def message(conversation: Any, user_id: int = ALICE, **content: Any) -> Any:
    return conversation.message(user_id, **content).as_(conversation.bot)


async def told(conversation: Any) -> list[Any]:
    before = len(conversation.session.calls)
    await conversation.outbox.drain(30)
    return list(conversation.session.calls[before:])


async def test_a_burst_is_told_once_in_reply_to_its_first(
    conversation: Any, notices: LimitNotices
) -> None:
    first = message(conversation)
    notices.refused(first, ALICE, DAY)
    notices.refused(first, ALICE, DAY)  # the update came again
    notices.refused(message(conversation), ALICE, DAY)
    (notice,) = await told(conversation)
    assert "I did not take 2 photos" in notice.text
    assert notice.reply_parameters.message_id == first.message_id


async def test_the_next_burst_is_told_too(conversation: Any, notices: LimitNotices) -> None:
    for _ in range(2):
        notices.refused(message(conversation), ALICE, DAY)
        (notice,) = await told(conversation)
        assert "I did not take this photo" in notice.text


async def test_people_and_kinds_are_told_apart(conversation: Any, notices: LimitNotices) -> None:
    notices.waits(message(conversation), ALICE, 20, timedelta(seconds=40))
    notices.waits(message(conversation), ALICE, 20, timedelta(seconds=100))
    notices.refused(message(conversation), ALICE, DAY)
    with in_language("ru"):
        notices.refused(message(conversation, BOB), BOB, DAY)
    texts = [(call.chat_id, call.text) for call in await told(conversation)]
    assert [chat_id for chat_id, _ in texts] == [ALICE, ALICE, BOB]
    assert "2 photos, from this one on, wait" in texts[0][1]
    assert "in 2 minutes" in texts[0][1]
    assert "300" in texts[1][1]
    assert "фото" in texts[2][1]


async def test_whoever_never_stops_hears_of_the_first(
    conversation: Any, notices: LimitNotices
) -> None:
    for _ in range(10):
        notices.refused(message(conversation), ALICE, DAY)
        await asyncio.sleep(0.05)
    await conversation.outbox.drain(30)
    assert len(conversation.session.calls) >= 2
