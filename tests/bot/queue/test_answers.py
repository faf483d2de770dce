"""What an answer shows to whom."""

from typing import Any

from bot.queue.answers import load_answer, load_answers
from bot.storage import Database
from bot.storage.tables import FAILED, Job, Rating, User

ALICE, BOB, GROUP = 1001, 1002, -300


async def rate(database: Database, user_id: int, caption_id: int, value: int, chat: int) -> None:
    async with database.write() as session:
        if await session.get(User, user_id) is None:
            session.add(User(id=user_id))
            await session.flush()
        session.add(Rating(user_id=user_id, caption_id=caption_id, value=value, chat_id=chat))


async def test_everybody_sees_their_own_ratings(database: Database, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    await rate(database, ALICE, sent.caption_ids[1], -1, ALICE)
    async with database.read() as session:
        for viewer, ratings in ((ALICE, [0, -1]), (BOB, [0, 0])):
            answer = await load_answer(session, sent.job_id, viewer)
            assert answer is not None
            assert [caption.caption_id for caption in answer.captions] == list(sent.caption_ids)
            assert [caption.rating for caption in answer.captions] == ratings
            assert [caption.votes for caption in answer.captions] == [None, None]
        assert await load_answer(session, sent.job_id + 1, ALICE) is None


async def test_a_group_sees_what_was_said_in_it(database: Database, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        (await session.get_one(Job, sent.job_id)).chat_id = GROUP
    await rate(database, ALICE, sent.caption_ids[0], 1, GROUP)
    await rate(database, BOB, sent.caption_ids[0], -1, BOB)
    async with database.read() as session:
        answer = await load_answer(session, sent.job_id, ALICE)
    assert answer is not None
    assert [caption.votes for caption in answer.captions] == [(1, 0), (0, 0)]


async def test_an_album_is_one_answer_for_each_photo(database: Database, filler: Any) -> None:
    lead = await filler.photo_sent(ALICE)
    failed = await filler.photo_sent(ALICE, state=FAILED, failure="bad_image")
    async with database.write() as session:
        for job_id in (lead.job_id, failed.job_id):
            (await session.get_one(Job, job_id)).media_group_id = "album"
        (await session.get_one(Job, failed.job_id)).lead_id = lead.job_id
    async with database.read() as session:
        answers = await load_answers(
            session, await session.get_one(Job, lead.job_id), viewer_id=ALICE
        )
    assert [answer.failure for answer in answers] == [None, "bad_image"]
    assert [len(answer.captions) for answer in answers] == [2, 0]
    assert {answer.album for answer in answers} == {(lead.job_id, None)}
