"""How many photos are accepted from a person."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from bot.people.limits import Limits
from bot.people.users import Person
from bot.queue.jobs import Accepted, Jobs, PhotoRef, Refusal
from bot.storage import Database
from bot.storage.tables import Job, Photo, Usage, User

ALICE, BOB, ADMIN = 1001, 1002, 1003
NOON = datetime(2026, 3, 10, 12, 0, 40, tzinfo=UTC)


async def take(
    database: Database, limits: Limits, user_id: int = ALICE, now: datetime = NOON
) -> Refusal | None:
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


async def test_a_minute_has_its_limit_and_is_told_once(database: Database) -> None:
    limits = Limits(per_minute=2)
    assert await take(database, limits) is None
    assert await take(database, limits) is None
    assert await take(database, limits) == Refusal("minute", 2, timedelta(seconds=20), True)
    assert await take(database, limits) == Refusal("minute", 2, timedelta(seconds=20), False)
    assert await take(database, limits, BOB) is None, "everyone has a limit of their own"
    assert await take(database, limits, now=NOON + timedelta(seconds=20)) is None


async def test_the_day_counts_what_the_minutes_let_through(database: Database) -> None:
    limits = Limits(per_minute=1, per_day=2)
    later = NOON + timedelta(hours=1)
    assert await take(database, limits) is None
    assert await take(database, limits) is not None, "a refused photo is not counted"
    assert await take(database, limits, now=later) is None
    refusal = await take(database, limits, now=later)
    assert refusal == Refusal("day", 2, timedelta(hours=10, minutes=59, seconds=20), True)
    assert await take(database, limits, now=NOON + timedelta(days=1)) is None


async def test_no_limit_writes_nothing(database: Database) -> None:
    for limits in (Limits(), Limits(0, 0), Limits(1, 1, frozenset({ADMIN}))):
        for _ in range(3):
            assert await take(database, limits, ADMIN) is None
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Usage)) == 0


async def test_an_update_that_comes_again_counts_once(database: Database) -> None:
    jobs = Jobs(database, limits=Limits(per_day=2))
    for _ in range(3):
        assert isinstance(await accept(jobs, 1), Accepted)
    assert isinstance(await accept(jobs, 2), Accepted)
    assert isinstance(await accept(jobs, 3), Refusal)
    again = await accept(jobs, 3)
    assert isinstance(again, Refusal)
    assert not again.is_first
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
