"""When the daily digest goes out, and to whom."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.feedback.kept_photos import KeptPhotos
from bot.figures import digest
from bot.figures.digest import DailyDigest, next_moment
from bot.people.retention import Retention
from bot.storage import Database

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        (NINE - timedelta(seconds=1), NINE),
        (NINE, NINE + timedelta(days=1)),
        (NINE + timedelta(hours=15), NINE + timedelta(days=1)),
    ],
)
def test_it_is_due_at_the_next_full_hour_of_its_number(now: datetime, moment: datetime) -> None:
    assert next_moment(now, 9) == moment


async def test_it_goes_to_everyone_once_even_when_one_cannot_be_reached(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[int] = []

    async def send(admin_id: int) -> None:
        if admin_id == 1:
            raise RuntimeError("blocked")
        reached.append(admin_id)

    await DailyDigest(database, 9, {3, 1, 2}, send).send_due(NINE)
    assert reached == [2, 3]
    assert "could not be sent to 1" in caplog.text

    # After a restart nobody gets it twice, also when the sweep has been there; then it is due anew.
    await Retention(database, KeptPhotos(tmp_path), None).sweep(NINE - timedelta(hours=1))
    another = DailyDigest(database, 9, {2, 3}, send)
    await another.send_due(NINE)
    assert reached == [2, 3]
    await another.send_due(NINE + timedelta(days=1))
    assert reached == [2, 3, 2, 3]


async def test_stopping_waits_for_the_one_that_is_being_sent(database: Database) -> None:
    reached: list[int] = []
    begun = asyncio.Event()

    async def send(admin_id: int) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        reached.append(admin_id)

    daily = DailyDigest(database, 9, {1, 2}, send)
    await daily.start()
    await begun.wait()
    await daily.stop()
    assert reached == [1]

    again = DailyDigest(database, 9, {1, 2}, send)
    await again.send_due(next_moment(datetime.now(UTC), 9))
    assert reached == [1, 2]


async def test_stopping_does_not_wait_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "GRACE_SECONDS", 0.01)
    begun = asyncio.Event()

    async def send(_admin_id: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    daily = DailyDigest(database, 9, {1}, send)
    await daily.start()
    await begun.wait()
    await asyncio.wait_for(daily.stop(), 5)


class Clock(datetime):
    """A clock that goes on by what is slept, and a little late or early."""

    moment = NINE

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.moment


async def test_it_is_sent_at_the_start_and_once_a_day(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[datetime] = []
    enough = asyncio.Event()
    sleep = asyncio.sleep

    async def send(_admin_id: int) -> None:
        sent.append(Clock.moment)
        if len(sent) == 3:
            enough.set()

    async def pass_time(seconds: float) -> None:
        Clock.moment += timedelta(seconds=seconds + 0.25)
        await sleep(0)

    monkeypatch.setattr(digest, "datetime", Clock)
    monkeypatch.setattr(digest.asyncio, "sleep", pass_time)
    monkeypatch.setattr(Clock, "moment", NINE - timedelta(hours=2))
    began = Clock.moment
    daily = DailyDigest(database, 9, [1], send)
    await daily.start()
    async with asyncio.timeout(60):
        await enough.wait()
    await daily.stop()
    assert sent[0] == began, "the one of the day before was missed"
    assert [moment.replace(minute=0, second=0, microsecond=0) for moment in sent[1:3]] == [
        NINE,
        NINE + timedelta(days=1),
    ]


async def test_without_an_hour_there_is_none(database: Database) -> None:
    async def send(_admin_id: int) -> None:
        raise AssertionError("nobody asked for it")

    daily = DailyDigest(database, None, [1], send)
    await daily.start()
    await asyncio.sleep(0)
    await daily.stop()
