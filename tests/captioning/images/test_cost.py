import threading

import pytest

from captioning.images.cost import Budget


def test_waits_for_what_others_hold() -> None:
    budget = Budget(10)
    order: list[str] = []

    def take(name: str, amount: int) -> None:
        with budget.reserve(amount):
            order.append(name)

    with budget.reserve(8):
        large = threading.Thread(target=take, args=("large", 5))
        large.start()
        large.join(0.1)
        assert large.is_alive()
        small = threading.Thread(target=take, args=("small", 1))
        small.start()
        small.join(0.1)
        assert small.is_alive(), "it has overtaken, and so the large one might wait for ever"
        assert order == []
    large.join(10)
    small.join(10)
    assert order == ["large", "small"]


def test_more_than_all_waits_for_all() -> None:
    budget = Budget(10)
    with budget.reserve(1_000):
        other = threading.Thread(target=lambda: budget.reserve(1).__enter__())
        other.start()
        other.join(0.1)
        assert other.is_alive()
    other.join(10)
    assert not other.is_alive()


def test_an_error_gives_back_what_was_held() -> None:
    budget = Budget(10)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), budget.reserve(10):
            raise ValueError("inside")
    with budget.reserve(10):
        pass
