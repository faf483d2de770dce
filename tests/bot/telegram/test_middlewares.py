"""Who is stored because of an update, and in which language they are answered."""

from typing import Any

import pytest
from aiogram.types import PhotoSize
from sqlalchemy import select

from bot.i18n import in_language
from bot.storage import Database
from bot.storage.tables import User
from bot.texts.conversation import help_text

ALICE = 1001
PHOTO = [PhotoSize(file_id="p", file_unique_id="u", width=640, height=480)]


async def stored(database: Database) -> list[int]:
    async with database.read() as session:
        return list(await session.scalars(select(User.id)))


async def test_who_writes_in_private_is_stored(conversation: Any, database: Database) -> None:
    await conversation.say(text="Hello", chat_type="supergroup")
    await conversation.press("r:1:1:1")
    assert await stored(database) == []
    await conversation.say(text="Hello")
    assert await stored(database) == [ALICE]


async def test_a_photo_stores_its_sender_with_its_job(
    conversation: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwanted(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a second transaction for one photo")

    monkeypatch.setattr(conversation.users, "seen", unwanted)
    await conversation.say(photo=PHOTO)
    assert await stored(database) == [ALICE]


async def test_the_chosen_language_is_spoken(conversation: Any) -> None:
    (english,) = await conversation.say(text="/help")
    await conversation.users.choose_language(ALICE, "ru")
    (russian,) = await conversation.say(text="/help")
    with in_language("ru"):
        assert russian.text == help_text() != english.text


async def test_an_apology_needs_no_database(
    conversation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("The disk is full")

    monkeypatch.setattr(conversation.users, "load", broken)
    (apology,) = await conversation.say(text="/help")
    assert "something went wrong" in apology.text
