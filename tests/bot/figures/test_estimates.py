import pytest

from bot.figures.estimates import percentile, wilson_interval
from bot.figures.stats import VersionRatings


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
