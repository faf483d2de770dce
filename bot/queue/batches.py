"""What is asked of a model while it is busy is done together as soon as it is free.

So a photo that comes alone is never held back, and the more are waiting, the larger are the
batches, whose photos each cost less.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

LARGEST = 16
"""Most items of a batch that is put together; what one asks at once is never divided."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False, slots=True)
class _Request(Generic[Item, Answer]):
    kind: str
    items: Sequence[Item]
    answers: asyncio.Future[list[Answer]]


class Batches(Generic[Item, Answer]):
    """Calls `run(kind, items)`, which gives an answer for each item, one batch after the other.

    A batch has items of one kind, those that have waited longest. When it fails, its requests are
    run one by one: one of them may have spoilt it for the others.
    """

    def __init__(self, run: Callable[[str, Sequence[Item]], Awaitable[list[Answer]]]) -> None:
        self._run = run
        self._waiting: list[_Request[Item, Answer]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, kind: str, items: Sequence[Item]) -> list[Answer]:
        """The answers to some items; raises what `run` raises for them."""
        request = _Request[Item, Answer](kind, items, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._running is None:
            self._running = asyncio.create_task(self._work())
        return await request.answers

    async def _work(self) -> None:
        try:
            while batch := self._next():
                if not await self._answered(batch) and len(batch) > 1:
                    for request in batch:
                        await self._answered([request])
        finally:
            self._running = None

    def _next(self) -> list[_Request[Item, Answer]]:
        self._waiting = [it for it in self._waiting if not it.answers.done()]  # some were given up
        batch: list[_Request[Item, Answer]] = []
        size = 0
        for request in self._waiting:
            fits = not batch or size + len(request.items) <= LARGEST
            if request.kind == self._waiting[0].kind and fits:
                batch.append(request)
                size += len(request.items)
        self._waiting = [it for it in self._waiting if it not in batch]
        return batch

    async def _answered(self, batch: Sequence[_Request[Item, Answer]]) -> bool:
        """Run a batch; false when it failed and its requests still wait."""
        items = [item for request in batch for item in request.items]
        try:
            answers = await self._run(batch[0].kind, items)
        except Exception as error:
            if len(batch) == 1 and not batch[0].answers.done():
                batch[0].answers.set_exception(error)
            return False
        for request in batch:
            own, answers = answers[: len(request.items)], answers[len(request.items) :]
            if not request.answers.done():
                request.answers.set_result(own)
        return True
