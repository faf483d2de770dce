import asyncio
from collections.abc import Sequence

import pytest

from bot.queue.batches import LARGEST, Batches


class Model:
    """Answers each item with its square, when it is let; some items spoil their whole batch."""

    def __init__(self, *spoilt: int) -> None:
        self.ran: list[tuple[str, list[int]]] = []
        self.free = asyncio.Event()
        self._spoilt = {*spoilt}

    async def run(self, kind: str, items: Sequence[int]) -> list[int]:
        self.ran.append((kind, list(items)))
        await self.free.wait()
        if self._spoilt & {*items}:
            raise ValueError(kind)
        return [item * item for item in items]


async def asked(
    batches: Batches[int, int], *requests: tuple[str, Sequence[int]]
) -> list[asyncio.Task[list[int]]]:
    tasks = [asyncio.create_task(batches.ask(kind, items)) for kind, items in requests]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_comes_alone_is_run_at_once_and_what_waits_together() -> None:
    model = Model()
    batches = Batches(model.run)
    tasks = await asked(batches, ("long", [1]))
    assert model.ran == [("long", [1])]
    tasks += await asked(batches, ("long", [2, 3]), ("short", [4]), ("long", [5]))
    model.free.set()
    assert await asyncio.gather(*tasks) == [[1], [4, 9], [16], [25]]
    assert model.ran[1:] == [("long", [2, 3, 5]), ("short", [4])]


async def test_a_batch_has_a_largest_size() -> None:
    model = Model()
    batches = Batches(model.run)
    tasks = await asked(batches, ("a", [0]))
    tasks += await asked(batches, *(("a", [number] * 6) for number in range(4)))
    model.free.set()
    await asyncio.gather(*tasks)
    assert [len(items) for _, items in model.ran] == [1, 12, 12]
    [everything] = await asked(batches, ("a", range(3 * LARGEST)))
    assert len(await everything) == 3 * LARGEST, "what is asked at once is not divided"


async def test_a_batch_that_fails_is_run_one_by_one() -> None:
    model = Model(3)
    batches = Batches(model.run)
    tasks = await asked(batches, ("a", [1]), ("a", [2]), ("a", [3]), ("a", [4]))
    model.free.set()
    first, second, third, fourth = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, second, fourth) == ([1], [4], [16])
    assert isinstance(third, ValueError)


async def test_a_request_that_is_given_up_holds_up_nobody() -> None:
    model = Model()
    batches = Batches(model.run)
    [first] = await asked(batches, ("a", [1]))
    second, third = await asked(batches, ("a", [2]), ("a", [3]))
    first.cancel()
    second.cancel()
    model.free.set()
    assert await third == [9]
    with pytest.raises(asyncio.CancelledError):
        await second
    assert model.ran == [("a", [1]), ("a", [3])]
