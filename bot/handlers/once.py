"""Keeps a double click from doing something twice."""

import time
from collections.abc import Callable, Hashable

SECONDS = 10.0


class Once:
    """Lets something begin that is neither under way nor was done a moment ago.

    It remembers in memory and for seconds only: what must never happen twice belongs into the
    database.
    """

    def __init__(
        self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._under_way: set[Hashable] = set()
        self._done: dict[Hashable, float] = {}

    def begin(self, key: Hashable) -> bool:
        """Whether it may begin now; if so, `end` must be called when it is over."""
        now = self._clock()
        self._done = {
            known: moment for known, moment in self._done.items() if now - moment < self._seconds
        }
        if key in self._under_way or key in self._done:
            return False
        self._under_way.add(key)
        return True

    def end(self, key: Hashable, *, done: bool) -> None:
        """It is over. What could not be `done` may begin again at once."""
        self._under_way.discard(key)
        if done:
            self._done[key] = self._clock()
