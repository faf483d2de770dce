from itertools import pairwise

import pytest

from bot.loadtest.load import Load


def test_photos_come_at_their_rate_whatever_happens_to_them() -> None:
    arrivals = list(Load(people=7, rate=20, seconds=60).arrivals())
    moments = [moment for moment, _ in arrivals]
    assert 1000 < len(arrivals) < 1400
    assert all(0 <= moment < 60 for moment in moments)
    assert moments == sorted(moments)
    assert {person for _, person in arrivals} == set(range(7))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) > 3 / 20, "they are not evenly spaced"


def test_the_same_load_comes_each_time() -> None:
    assert list(Load(rate=3).arrivals()) == list(Load(rate=3).arrivals())
    assert list(Load(rate=3).arrivals()) != list(Load(rate=3, seed=1).arrivals())


def test_a_burst_comes_at_once_from_everybody_alike() -> None:
    assert list(Load(people=2, burst=3).arrivals()) == [(0.0, 0), (0.0, 1), (0.0, 0)]


@pytest.mark.parametrize("wrong", [{"people": 0}, {"rate": 0}, {"seconds": 0}, {"burst": -1}])
def test_a_load_of_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Load(**wrong)
