"""How long a chat sees that the bot is at work."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.queue import activity
from bot.queue.activity import Activity

CHAT, OTHER = 7, 8


class Chats:
    """Where `typing` was shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    async def show(self, chat_id: int) -> None:
        self.shown.append(chat_id)

    async def quiet(self) -> list[int]:
        """What was shown by the time that nothing more is."""
        for _ in range(50):
            await asyncio.sleep(0)
        return sorted(self.shown)


@pytest.fixture
def chats() -> Chats:
    return Chats()


@pytest.fixture
async def shown(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Activity]:
    monkeypatch.setattr(activity, "LASTS_SECONDS", 0)
    shown = Activity(chats.show)
    yield shown
    await shown.stop()


async def test_it_is_shown_once_for_each_photo_however_long_they_take(
    shown: Activity, chats: Chats
) -> None:
    with shown.in_chats([CHAT, CHAT, CHAT, OTHER]):
        assert await chats.quiet() == [CHAT, CHAT, CHAT, OTHER]
    with shown.in_chats([CHAT]):
        assert await chats.quiet() == [CHAT] * 4 + [OTHER]


async def test_it_is_shown_no_more_when_the_photos_are_done(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "LASTS_SECONDS", 0)
    working = Activity(chats.show)
    with working.in_chats([CHAT] * 100):
        await asyncio.sleep(0)
    assert len(await chats.quiet()) < 100


async def test_stopping_ends_it_while_photos_are_under_way(chats: Chats) -> None:
    working = Activity(chats.show)
    with working.in_chats([CHAT, CHAT]):
        assert await chats.quiet() == [CHAT]
        await asyncio.wait_for(working.stop(), 1)
    assert await chats.quiet() == [CHAT]
