"""The always-valid interval: how often it errs when somebody looks every day, and that it finds."""

from collections.abc import Callable

import numpy as np
import pytest

from bot.figures.estimates import Z_95
from bot.figures.sequential import (
    ALPHA,
    MAX_RATINGS,
    MIN_PEOPLE,
    Difference,
    Tally,
    difference,
    share,
)

DAYS = 30
TRIALS = 100
People = np.ndarray


def tallies(up: People, total: People) -> list[Tally]:
    return [Tally(int(u), int(n)) for u, n in zip(up, total, strict=True) if n]


def alike(generator: np.random.Generator, people: int) -> tuple[People, People]:
    """Everybody likes 70 % of the captions, and rates as often as others."""
    return np.full(people, 0.7), np.full(people, 0.7)


def unlike(generator: np.random.Generator, people: int) -> tuple[People, People]:
    """Some like everything and some nothing, and a few rate most."""
    return generator.beta(2.1, 0.9, people), generator.lognormal(-0.5, 1.2, people)


def trial(
    generator: np.random.Generator,
    kind: Callable[[np.random.Generator, int], tuple[People, People]],
    *,
    people: int = 100,
    percent: int = 30,
    gain: float = 0.0,
) -> list[Difference]:
    """What is told on each day of a trial, as people come and rate."""
    taste, rate = kind(generator, people)
    takes_part = generator.random(people) < percent / 100
    taste = np.clip(taste + gain * takes_part, 0, 1)
    first_day = generator.integers(0, DAYS, people)
    up, total = np.zeros(people), np.zeros(people)
    told = []
    for day in range(DAYS):
        ratings = np.minimum(generator.poisson(rate) * (first_day <= day), MAX_RATINGS - total)
        up += generator.binomial(ratings.astype(int), taste)
        total += ratings
        groups = [tallies(up[rows], total[rows]) for rows in (~takes_part, takes_part)]
        found = difference(*groups)
        if found is not None:
            told.append(found)
    return told


def excludes_nothing(found: Difference) -> bool:
    return found.low > 0 or found.high < 0


@pytest.mark.parametrize("kind", [alike, unlike])
def test_daily_looks_seldom_find_a_difference_of_equal_versions(
    kind: Callable[[np.random.Generator, int], tuple[People, People]],
) -> None:
    generator = np.random.default_rng(14)
    wrong = sum(any(map(excludes_nothing, trial(generator, kind))) for _ in range(TRIALS))
    assert wrong <= ALPHA * TRIALS


def test_an_ordinary_interval_would_be_wrong_far_more_often() -> None:
    """Or the simulation above would prove nothing."""
    generator = np.random.default_rng(14)
    wrong = sum(
        any(abs(it.estimate) > Z_95 * it.error for it in trial(generator, unlike))
        for _ in range(TRIALS)
    )
    assert wrong > 2 * ALPHA * TRIALS


def test_a_real_difference_is_found_and_its_size_is_in_the_interval() -> None:
    generator = np.random.default_rng(14)
    last = [trial(generator, alike, people=500, percent=50, gain=0.15)[-1] for _ in range(20)]
    assert sum(found.low > 0 for found in last) >= 18
    assert sum(found.low <= 0.15 <= found.high for found in last) >= 19


def test_a_handful_of_people_says_nothing() -> None:
    few = [Tally(1, 1)] * (MIN_PEOPLE - 1)
    many = [Tally(0, 1)] * 1000
    assert difference(few, many) is None
    assert difference(many, few) is None
    assert difference([], []) is None
    assert difference([*few, Tally(1, 1)], many) is not None


def test_people_who_all_agree_are_no_certainty() -> None:
    found = difference([Tally(1, 1)] * 10, [Tally(1, 1)] * 10)
    assert found is not None
    assert found.estimate == 0
    assert found.low < -0.2
    assert found.high > 0.2


def test_many_ratings_of_few_people_count_for_less_than_those_of_many() -> None:
    few = difference([Tally(5, 5)] * 7 + [Tally(0, 5)] * 3, [Tally(5, 5)] * 5 + [Tally(0, 5)] * 5)
    many = difference([Tally(1, 1)] * 35 + [Tally(0, 1)] * 15, [Tally(1, 1), Tally(0, 1)] * 25)
    assert few is not None
    assert many is not None
    assert few.estimate == pytest.approx(many.estimate)
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_shares() -> None:
    assert share([Tally(1, 2), Tally(2, 2)]) == 0.75
    assert share([]) == 0
