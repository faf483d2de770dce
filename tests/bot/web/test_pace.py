from bot.web import pace
from bot.web.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    clock = Clock()
    limit = Pace(per_minute=60, burst=3, clock=clock)
    assert [limit.wait(1) for _ in range(4)] == [0, 0, 0, 1]
    assert limit.wait(2) == 0
    clock.now += 1
    assert limit.wait(1) == 0
    assert limit.wait(1) > 0
    clock.now += 1000
    assert [limit.wait(1) == 0 for _ in range(4)] == [True, True, True, False]


def test_asking_too_early_costs_nothing() -> None:
    clock = Clock()
    limit = Pace(per_minute=60, burst=1, clock=clock)
    for _ in range(10):
        limit.wait(1)
    clock.now += 1
    assert limit.wait(1) == 0


def test_addresses_do_not_fill_the_memory() -> None:
    limit = Pace(per_minute=60, burst=1, clock=Clock())
    for address in range(pace.MOST_ADDRESSES + 5):
        limit.wait(address)
    assert limit.wait(pace.MOST_ADDRESSES + 4) > 0
    assert limit.wait(0) == 0
