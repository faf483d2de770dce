"""What is told once."""

from datetime import UTC, datetime, timedelta, timezone

from bot.people.notices import Told, end_of_day, tell_once, was_told
from bot.storage import Database

ALICE, BOB = 1001, 1002
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)


async def tell(
    database: Database, who: int = ALICE, what: Told = Told.REFUSAL, until: datetime = MIDNIGHT
) -> bool:
    async with database.write() as session:
        return await tell_once(session, who, what, until)


async def test_it_is_told_once_in_its_time_and_then_again(database: Database) -> None:
    assert [await tell(database) for _ in range(3)] == [True, False, False]
    later = MIDNIGHT + timedelta(days=1)
    assert [await tell(database, until=later) for _ in range(2)] == [True, False]
    assert not await tell(database), "a clock that was put back tells nothing twice"


async def test_everyone_is_told_each_thing(database: Database) -> None:
    assert await tell(database)
    assert await tell(database, who=BOB)
    assert await tell(database, what=Told.DIGEST)


async def test_asking_tells_nothing(database: Database) -> None:
    async with database.read() as session:
        assert not await was_told(session, ALICE, Told.DIGEST, MIDNIGHT)
    assert await tell(database, what=Told.DIGEST)
    async with database.read() as session:
        assert await was_told(session, ALICE, Told.DIGEST, MIDNIGHT)
        assert not await was_told(session, ALICE, Told.DIGEST, MIDNIGHT + timedelta(seconds=1))


def test_days_end_in_utc() -> None:
    assert end_of_day(MIDNIGHT - timedelta(seconds=1)) == MIDNIGHT
    assert end_of_day(MIDNIGHT) == MIDNIGHT + timedelta(days=1)
    east = timezone(timedelta(hours=3))
    assert end_of_day(datetime(2026, 3, 11, 2, tzinfo=east)) == MIDNIGHT
