"""How many photos are accepted from a person."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from bot.people.limits import MINUTE, MINUTES_AHEAD, Limits, window
from bot.people.users import Person
from bot.queue.jobs import AT_ONCE, Accepted, Jobs, PhotoRef, Refusal, Turn
from bot.storage import Database
from bot.storage.tables import Job, Photo, Usage, User, utc_now

ALICE, BOB, ADMIN = 1001, 1002, 1003
NOON = datetime(2026, 3, 10, 12, 0, 40, tzinfo=UTC)


async def take(
    database: Database, limits: Limits, user_id: int = ALICE, now: datetime = NOON
) -> Turn | Refusal:
    async with database.write() as session:
        return await limits.take(session, user_id, now)


async def accept(jobs: Jobs, number: int, *, chat_id: int = ALICE) -> Accepted | Refusal:
    return await jobs.accept(
        bot_id=42,
        chat_id=chat_id,
        message_id=number,
        user=Person(ALICE, "en"),
        photo=PhotoRef(f"file-{number}", f"unique-{number}"),
        models=("resnet34-lstm",),
    )


async def test_what_is_more_than_a_minutes_photos_waits_for_the_next(database: Database) -> None:
    limits = Limits(per_minute=2)
    waits = []
    for _ in range(5):
        turn = await take(database, limits)
        assert isinstance(turn, Turn)
        waits.append(turn.wait.total_seconds())
    assert waits == [0, 0, 20, 20, 80]
    assert await take(database, limits, BOB) == Turn(timedelta(0), 2), "everyone has their own"
    later = NOON + timedelta(seconds=20)
    assert await take(database, limits, now=later) == Turn(timedelta(minutes=1), 2)


async def test_a_wait_that_nobody_would_bear_is_refused(database: Database) -> None:
    limits = Limits(per_minute=1, per_day=100)
    for _ in range(1 + MINUTES_AHEAD):
        assert isinstance(await take(database, limits), Turn)
    assert await take(database, limits) == Refusal("minute", 1, timedelta(seconds=20))
    async with database.read() as session:
        today = await session.get_one(Usage, (ALICE, window("day", NOON)))
    assert today.photos == 1 + MINUTES_AHEAD, "a refused photo is not counted"
    later = NOON + timedelta(seconds=20)
    assert await take(database, limits, now=later) == Turn(MINUTES_AHEAD * MINUTE, 1)


async def test_the_day_refuses_what_the_minutes_would_let_wait(database: Database) -> None:
    limits = Limits(per_minute=1, per_day=2)
    for _ in range(2):
        assert isinstance(await take(database, limits), Turn)
    refusal = await take(database, limits)
    assert refusal == Refusal("day", 2, timedelta(hours=11, minutes=59, seconds=20))
    assert isinstance(await take(database, limits, now=NOON + timedelta(days=1)), Turn)


async def test_a_photo_that_waits_is_not_begun_before_its_turn(database: Database) -> None:
    jobs = Jobs(database, limits=Limits(per_minute=1))
    begun = [await accept(jobs, number) for number in (1, 2)]
    waits = [job.wait for job in begun if isinstance(job, Accepted)]
    assert waits[0] == timedelta(0) < waits[1]
    async with database.read() as session:
        first, second = await session.scalars(select(Job).order_by(Job.id))
    assert second.run_after > utc_now() or waits[1] < timedelta(seconds=1)
    assert abs(second.run_after - first.run_after - waits[1]) < timedelta(seconds=1)


async def test_no_limit_writes_nothing(database: Database) -> None:
    for limits in (Limits(), Limits(0, 0), Limits(1, 1, frozenset({ADMIN}))):
        for _ in range(3):
            assert await take(database, limits, ADMIN) == AT_ONCE
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Usage)) == 0


async def test_an_update_that_comes_again_counts_once(database: Database) -> None:
    jobs = Jobs(database, limits=Limits(per_day=2))
    for _ in range(3):
        assert isinstance(await accept(jobs, 1), Accepted)
    assert isinstance(await accept(jobs, 2), Accepted)
    assert isinstance(await accept(jobs, 3), Refusal)
    assert isinstance(await accept(jobs, 1), Accepted), "it is known already"


async def test_private_chats_and_groups_count_together(database: Database) -> None:
    jobs = Jobs(database, limits=Limits(per_day=1))
    assert isinstance(await accept(jobs, 1), Accepted)
    assert isinstance(await accept(jobs, 2, chat_id=-100), Refusal)


async def test_nothing_is_stored_of_a_refused_photo(database: Database) -> None:
    jobs = Jobs(database, limits=Limits(per_day=1))
    await accept(jobs, 1)
    await accept(jobs, 2)
    async with database.read() as session:
        for table in (User, Photo, Job):
            assert await session.scalar(select(func.count()).select_from(table)) == 1
