"""What the tables promise beyond their columns."""

from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from bot.storage import Database
from bot.storage.tables import Answer, Caption, Job, Photo, User

ALICE = 1001


async def test_the_id_of_a_photo_is_never_anothers(database: Database, filler: Any) -> None:
    first = await filler.photo_sent(ALICE)
    async with database.write() as session:
        await session.execute(delete(Photo))
    second = await filler.photo_sent(ALICE)
    assert second.photo_id > first.photo_id
    assert second.job_id > first.job_id
    assert min(second.caption_ids) > max(first.caption_ids)


async def test_what_belongs_to_a_photo_goes_with_it(database: Database, filler: Any) -> None:
    await filler.photo_sent(ALICE)
    async with database.write() as session:
        await session.execute(delete(Photo))
    async with database.read() as session:
        left = [
            await session.scalar(select(func.count()).select_from(table))
            for table in (Job, Caption, Answer, User)
        ]
    assert left == [0, 0, 0, 1]


async def test_a_photo_in_a_message_is_one_job(database: Database, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    async with database.read() as session:
        job = await session.get_one(Job, sent.job_id)
    same = {
        name: getattr(job, name)
        for name in ("bot_id", "chat_id", "message_id", "photo_id", "user_id", "models")
    }
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(Job(**same))
