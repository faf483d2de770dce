"""One step of the worker: claims work from the database as long as it has free hands."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from bot.queue.shares import Shares

POLL_SECONDS = 2.0
"""How often the database is asked without a wake-up: for retries, and for leases that ran out."""

Work = TypeVar("Work")


class Stage(Generic[Work]):
    """Runs up to `hands` pieces of work at a time, and up to `per_chat` of those for one chat.

    `claim(limit, shares)` gives pieces of work that are due, none for chats that have their share;
    `chats_of(work)` are those that one is for. `do(work)` does it and raises nothing but
    CancelledError. Wake-ups only save time: the database is asked regularly anyway.
    """

    def __init__(
        self,
        claim: Callable[[int, Shares], Awaitable[Sequence[Work]]],
        do: Callable[[Work], Coroutine[object, object, None]],
        chats_of: Callable[[Work], Iterable[int]],
        *,
        hands: int,
        per_chat: int,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._claim = claim
        self._do = do
        self._chats_of = chats_of
        self._hands = hands
        self._shares = Shares(per_chat)
        self._on_error = on_error
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Claim and work until cancelled; work that was begun goes on after that."""
        while True:
            self._wake.clear()
            free = self._hands - len(self._tasks)
            claimed = await self._claim_safely(free) if free else ()
            for work in claimed:
                self._begin(work)
            if not claimed:
                # Not wait_for: until Python 3.12 it loses a cancellation that meets a wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """What is being done."""
        return frozenset(self._tasks)

    async def _claim_safely(self, limit: int) -> Sequence[Work]:
        # Shielded: cancelled in the middle, the claim would be committed and nobody have it.
        claiming = asyncio.ensure_future(self._claim(limit, self._shares))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            for work in await claiming:
                self._begin(work)
            raise
        except Exception as error:
            # The database may be locked or full for a while; the bot goes on when it is not.
            self._on_error(error)
            return ()

    def _begin(self, work: Work) -> None:
        chats = tuple(self._chats_of(work))
        self._shares.take(chats)
        task = asyncio.create_task(self._do(work))
        self._tasks.add(task)

        def finished(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._shares.give_back(chats)
            self.wake()

        task.add_done_callback(finished)
