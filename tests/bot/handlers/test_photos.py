"""A photo is one row in the database, and no call to Telegram."""

from collections.abc import Callable
from typing import Any

import pytest
from aiogram.types import PhotoSize
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import Job, Photo, User

ALICE = 1001
Sizes = Callable[..., list[PhotoSize]]


async def stored_jobs(database: Database) -> list[Job]:
    async with database.read() as session:
        return list(await session.scalars(select(Job).order_by(Job.id)))


async def test_a_photo_is_stored_and_nothing_is_called(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    message = conversation.message(ALICE, photo=photo_sizes(1_000, 9_000), media_group_id="album")
    assert await conversation.calls_of(conversation.feed(message=message)) == []

    (job,) = await stored_jobs(database)
    assert (job.bot_id, job.chat_id, job.message_id) == (4242, ALICE, message.message_id)
    assert (job.media_group_id, job.models) == ("album", ("resnet34-lstm", "mobilenet-attention"))
    async with database.read() as session:
        photo = (await session.scalars(select(Photo))).one()
        assert await session.get(User, ALICE) is not None
    assert (photo.file_id, photo.width, photo.file_size) == ("photo-2", 640, 9_000)


async def test_the_same_update_again_is_the_same_job(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    message = conversation.message(ALICE, photo=photo_sizes(9_000))
    for _ in range(2):
        await conversation.feed(message=message)
    assert len(await stored_jobs(database)) == 1


async def test_an_edit_is_a_new_job_only_with_a_new_photo(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    message = conversation.message(ALICE, photo=photo_sizes(9_000))
    await conversation.feed(message=message)
    await conversation.feed(edited_message=message.model_copy(update={"caption": "My dog"}))
    assert len(await stored_jobs(database)) == 1

    other = photo_sizes(9_000, name="other")
    await conversation.feed(edited_message=message.model_copy(update={"photo": other}))
    assert len(await stored_jobs(database)) == 2


async def test_the_chosen_model_is_asked(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    await conversation.users.choose_models(ALICE, "mobilenet-attention")
    await conversation.say(photo=photo_sizes(9_000))
    assert [job.models for job in await stored_jobs(database)] == [("mobilenet-attention",)]


async def test_the_largest_size_that_can_be_downloaded_is_taken(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    await conversation.say(photo=photo_sizes(9_000, 21 * 2**20))
    async with database.read() as session:
        assert (await session.scalars(select(Photo.file_id))).all() == ["photo-1"]


async def test_a_photo_too_large_in_every_size_gets_an_answer(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    (reply,) = await conversation.say(photo=photo_sizes(21 * 2**20))
    assert "larger than 20 MB" in reply.text
    assert await stored_jobs(database) == []


@pytest.mark.parametrize("chat_type", ["group", "supergroup"])
async def test_a_group_is_left_alone(
    conversation: Any, database: Database, photo_sizes: Sizes, chat_type: str
) -> None:
    assert await conversation.say(chat_type=chat_type, photo=photo_sizes(9_000)) == []
    assert await stored_jobs(database) == []


async def test_intake_goes_on_while_telegram_does_not_answer(
    conversation: Any, database: Database, photo_sizes: Sizes
) -> None:
    conversation.session.hold()
    await conversation.feed(message=conversation.message(ALICE, text="/start"))
    await conversation.feed(message=conversation.message(ALICE, photo=photo_sizes(9_000)))
    assert len(await stored_jobs(database)) == 1
