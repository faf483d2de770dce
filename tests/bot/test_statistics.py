"""The mathematics of /stats."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from bot.statistics import Period, Step, divided, percentile, wilson_interval
from bot.stats import VersionRatings

NOW = datetime(2026, 3, 10, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    # Solutions of |share - p| = z sqrt(p (1 - p) / n) for p.
    [
        (1, 1, 0.20655, 1.0),
        (0, 10, 0.0, 0.27753),
        (8, 10, 0.49016, 0.94332),
        (50, 100, 0.40383, 0.59617),
    ],
)
def test_wilson_interval(successes: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(successes, total) == pytest.approx((low, high), abs=1e-5)


def test_wilson_bounds_solve_the_equation_they_come_from() -> None:
    z = 1.959963984540054
    for successes, total in [(1, 7), (13, 40), (999, 1000)]:
        for bound in wilson_interval(successes, total):
            distance = abs(successes / total - bound)
            assert distance == pytest.approx(z * (bound * (1 - bound) / total) ** 0.5)


def test_nothing_observed_says_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert VersionRatings("resnet34-lstm", "1", 0, 0).share == 0.0


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="impossible"):
        wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [(1, 95, 1), (2, 50, 1), (20, 95, 19), (100, 95, 95), (3, 100, 3)],
)
def test_percentiles_are_by_nearest_rank(count: int, percent: int, expected: float) -> None:
    assert percentile([float(n) for n in range(count, 0, -1)], percent) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 50)


# ---- stretches of time ----


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
