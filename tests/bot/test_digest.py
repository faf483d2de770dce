"""When the daily digest goes out, and to whom."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import digest
from bot.digest import DailyDigest, next_moment

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


async def test_it_goes_to_everyone_even_when_one_cannot_be_reached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reached: list[int] = []

    async def send(admin_id: int) -> None:
        if admin_id == 1:
            raise RuntimeError("blocked")
        reached.append(admin_id)

    await DailyDigest(9, {3, 1, 2}, send).send_all()
    assert reached == [2, 3]
    assert "could not be sent to 1" in caplog.text


class Clock(datetime):
    """A clock that goes on by what is slept, and a little late or early."""

    moment = NINE - timedelta(hours=2)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.moment


async def test_it_is_sent_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
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
    daily = DailyDigest(9, [1], send)
    await daily.start()
    async with asyncio.timeout(60):
        await enough.wait()
    await daily.stop()
    assert [moment.replace(minute=0, second=0, microsecond=0) for moment in sent[:3]] == [
        NINE + timedelta(days=number) for number in range(3)
    ]


async def test_without_an_hour_there_is_none() -> None:
    async def send(_admin_id: int) -> None:
        raise AssertionError("nobody asked for it")

    daily = DailyDigest(None, [1], send)
    await daily.start()
    await asyncio.sleep(0)
    await daily.stop()
