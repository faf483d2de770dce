"""Keeps the claims of steps that go on: how long one takes, nobody can say beforehand."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from bot.queue.steps import Claim

LEASE = timedelta(minutes=1)
"""So long after the last renewal a claim may be taken over: its holder has crashed."""
RENEWAL_SECONDS = 15.0
"""A fraction of a lease: some renewals may fail, or find the database locked."""


class Leases:
    """Renews the leases of claims while their steps go on, all in one call of `renew`.

    When the process dies, so does this, and what it held can soon be claimed by another.
    """

    def __init__(
        self,
        renew: Callable[[Sequence[Claim]], Awaitable[None]],
        on_error: Callable[[Exception], None],
        held: set[Claim] | None = None,
    ) -> None:
        """`held` is the set in which the claims are kept, for others to see."""
        self._renew = renew
        self._on_error = on_error
        self._held: set[Claim] = set() if held is None else held

    @contextmanager
    def held(self, claims: Sequence[Claim]) -> Iterator[None]:
        """Renew their leases meanwhile."""
        self._held.update(claims)
        try:
            yield
        finally:
            self._held.difference_update(claims)

    async def run(self) -> None:
        """Renew until cancelled. A renewal that fails is made up for by the next."""
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            if self._held:
                try:
                    await self._renew(tuple(self._held))
                except Exception as error:
                    self._on_error(error)
