from claiming import BOT_ID, caption
from sqlalchemy import select

from bot.people.users import Person
from bot.queue.claims import Claims
from bot.queue.jobs import Accepted, Jobs, PhotoRef
from bot.queue.turns import in_turn, places_of
from bot.storage import Database
from bot.storage.tables import QUEUED, Job
from captioning import MODELS

MANY = 30


async def send(database: Database, user_id: int, number: int) -> int:
    accepted = await Jobs(database).accept(
        bot_id=BOT_ID,
        chat_id=user_id,
        message_id=number,
        user=Person(user_id, "en"),
        photo=PhotoRef(f"file-{user_id}-{number}", f"unique-{user_id}-{number}"),
        models=tuple(MODELS),
    )
    assert isinstance(accepted, Accepted)
    return accepted.job_id


async def send_many(database: Database) -> None:
    """One person's many photos, and then one of another and two of a third."""
    for number in range(MANY):
        await send(database, 1, number)
    await send(database, 2, 100)
    for number in (200, 201):
        await send(database, 3, number)


async def test_everybody_s_first_photo_comes_before_anybody_s_second(database: Database) -> None:
    await send_many(database)
    async with database.read() as session:
        jobs = await session.scalars(in_turn(Job.state == QUEUED).limit(7))
    assert [job.message_id for job in jobs] == [0, 100, 200, 1, 201, 2, 3]


async def test_the_place_in_the_queue_is_that_of_the_turn(database: Database) -> None:
    await send_many(database)
    async with database.read() as session:
        jobs = {job.message_id: job.id for job in await session.scalars(select(Job))}
        places = await places_of(session, [jobs[100], jobs[201], jobs[MANY - 1]])
    assert places == {jobs[100]: 2, jobs[201]: 5, jobs[MANY - 1]: MANY + 3}


async def test_a_single_photo_is_captioned_with_the_first_of_many(
    claims: Claims, database: Database
) -> None:
    for number in range(MANY):
        await send(database, 1, number)
    while waiting := await claims.unannounced(100):
        for place, announcement in enumerate(waiting):
            await claims.announced(announcement.claim, 1000 + place)
    first = await claims.uncaptioned(4)
    await claims.store({task.claim: [caption(name) for name in task.missing] for task in first})
    await send(database, 2, 100)
    [announcement] = await claims.unannounced(100)
    assert announcement.place == 2, "29 of the other's still wait"
    await claims.announced(announcement.claim, 2000)
    second = await claims.uncaptioned(4)
    assert [task.chat_id for task in second] == [1, 2, 1, 1]
    await claims.store({task.claim: [caption(name) for name in task.missing] for task in second})
    assert [outcome.chat_id for outcome in await claims.unshown(2)] == [1, 2]
