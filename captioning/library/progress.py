"""How far a long run is: one line that is written over on a terminal, now and then one in a log."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

EVERY_TERMINAL = 0.2
EVERY_LOG = 30.0
"""Seconds between two lines."""


class Progress:
    """Tells on `stream` how many of `total` photos are done, how fast, and how long it will take.

    Args:
        clock: seconds of any origin.
        done: how many were done before.
    """

    def __init__(
        self,
        total: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        done: int = 0,
    ) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._clock = clock
        self._began = self._told = clock()
        self._before = self._done = done
        self._width = 0
        self._rewrites = self._stream.isatty()

    def advance(self, count: int) -> None:
        """`count` more photos are done."""
        self._done += count
        now = self._clock()
        if now - self._told < (EVERY_TERMINAL if self._rewrites else EVERY_LOG):
            return
        self._told = now
        line = self.line(now)
        if self._rewrites:
            self._stream.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def line(self, now: float) -> str:
        """What is told at a moment of the clock."""
        new = self._done - self._before
        rate = new / max(now - self._began, 1e-6)
        parts = [f"{self._done:,} of {self._total:,} photos"]
        if new:
            parts.append(f"{rate:.1f} a second" if rate >= 1 else f"{rate * 60:.0f} a minute")
            parts.append(f"{duration((self._total - self._done) / rate)} left")
        return ", ".join(parts)

    def close(self) -> None:
        """Remove the line from a terminal."""
        if self._rewrites and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()


def duration(seconds: float) -> str:
    """A length of time as people say it, rounded up."""
    whole = max(1, -int(-seconds // 1))
    if whole < 60:
        return f"{whole} s"
    minutes = -(-whole // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"
