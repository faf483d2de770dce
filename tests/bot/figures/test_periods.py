from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from bot.figures.periods import Period, Step, divided

NOW = datetime(2026, 3, 10, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "step", "steps", "begin"),
    [
        (Period.DAY, Step.HOUR, 24, datetime(2026, 3, 9, 13, tzinfo=UTC)),
        (Period.WEEK, Step.DAY, 7, datetime(2026, 3, 4, tzinfo=UTC)),
        (Period.MONTH, Step.DAY, 30, datetime(2026, 2, 9, tzinfo=UTC)),
    ],
)
def test_a_period_has_full_steps_and_the_present_one(
    period: Period, step: Step, steps: int, begin: datetime
) -> None:
    found, moments = divided(period, NOW, NOW)
    assert (found, len(moments) - 1, moments[0]) == (step, steps, begin)
    assert moments[-2] <= NOW < moments[-1]
    assert len({after - before for before, after in pairwise(moments)}) == 1


@pytest.mark.parametrize(
    ("age", "step", "begin"),
    [
        (0, Step.DAY, datetime(2026, 3, 10, tzinfo=UTC)),
        (44, Step.DAY, datetime(2026, 1, 25, tzinfo=UTC)),
        (45, Step.WEEK, datetime(2026, 1, 19, tzinfo=UTC)),  # a Monday
        (400, Step.MONTH, datetime(2025, 2, 1, tzinfo=UTC)),
    ],
)
def test_all_begins_with_the_first_photo_in_steps_that_fit(
    age: int, step: Step, begin: datetime
) -> None:
    first = NOW - timedelta(days=age)
    found, moments = divided(Period.ALL, NOW, first)
    assert (found, moments[0]) == (step, begin)
    assert moments[0] <= first
    assert moments[-2] <= NOW < moments[-1]
    assert len(moments) - 1 <= 45


def test_months_are_those_of_the_calendar() -> None:
    _step, moments = divided(Period.ALL, NOW, NOW - timedelta(days=400))
    assert {moment.day for moment in moments} == {1}
    assert [moment.month for moment in moments[:3]] == [2, 3, 4]


def test_midnight_belongs_to_the_new_day() -> None:
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    _step, moments = divided(Period.WEEK, midnight, midnight)
    assert moments[-2] == midnight


def test_steps_are_those_of_utc_wherever_the_bot_runs() -> None:
    kiritimati = timezone(timedelta(hours=14))
    assert divided(Period.WEEK, NOW.astimezone(kiritimati), NOW) == divided(Period.WEEK, NOW, NOW)
