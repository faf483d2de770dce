"""How many requests may come from an address, in memory: against scripts, not against people."""

import time
from collections.abc import Callable

MOST_ADDRESSES = 10_000
"""So many are remembered; whoever asks for room with more gets it from those who asked least
lately."""


class Pace:
    """Lets `burst` requests of an address through at once, and `per_minute` in the long run.

    Source: the token bucket of Turner, "New directions in communications" (1986).
    """

    def __init__(
        self, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def wait(self, address: int) -> float:
        """Count one request; the seconds after which it may be made instead, 0 for now."""
        now = self._clock()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._rate)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now)
        if len(self._left) > MOST_ADDRESSES:
            del self._left[next(iter(self._left))]
        return 0.0 if allowed else (1 - left) / self._rate
