"""Which photo a button or reply is about."""

from typing import Any

import pytest

from bot.queue.answered_jobs import job_answered_in, number_in_album, reachable_job
from bot.queue.answers import AnswerForgottenError
from bot.storage import Database
from bot.storage.tables import ALT_TEXT, QUEUED, Job

ALICE, BOB, GROUP = 1001, 1002, -300


async def test_a_job_is_reached_from_its_chat_and_by_its_person(
    database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        (await session.get_one(Job, sent.job_id)).chat_id = GROUP
    async with database.read() as session:
        for user_id, chat_id in ((ALICE, ALICE), (BOB, GROUP)):
            assert (await reachable_job(session, user_id, chat_id, sent.job_id)).id == sent.job_id
        for job_id in (sent.job_id, sent.job_id + 1):
            with pytest.raises(AnswerForgottenError):
                await reachable_job(session, BOB, BOB, job_id)


async def test_alternative_texts_have_no_buttons(database: Database, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE, placeholder_id=77)
    async with database.write() as session:
        (await session.get_one(Job, sent.job_id)).purpose = ALT_TEXT
    async with database.read() as session:
        assert await job_answered_in(session, ALICE, 77) is None
        with pytest.raises(AnswerForgottenError):
            await reachable_job(session, ALICE, ALICE, sent.job_id)


async def test_a_message_is_an_answer_when_it_shows_captions(
    database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, placeholder_id=77)
    await filler.photo_sent(ALICE, state=QUEUED, placeholder_id=78)
    async with database.read() as session:
        job = await job_answered_in(session, ALICE, 77)
        assert job is not None
        assert job.id == sent.job_id
        for chat_id, message_id in ((ALICE, 78), (ALICE, 79), (BOB, 77)):
            assert await job_answered_in(session, chat_id, message_id) is None


async def test_photos_of_an_album_have_numbers(database: Database, filler: Any) -> None:
    alone, lead, follower = [(await filler.photo_sent(ALICE)).job_id for _ in range(3)]
    async with database.write() as session:
        jobs = {job_id: await session.get_one(Job, job_id) for job_id in (alone, lead, follower)}
        jobs[lead].media_group_id = jobs[follower].media_group_id = "album"
        jobs[follower].lead_id = lead
    async with database.read() as session:
        numbers = [
            await number_in_album(session, await session.get_one(Job, job_id)) for job_id in jobs
        ]
    assert numbers == [None, 1, 2]
