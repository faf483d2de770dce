"""What decoding may cost: limits for one file, and one budget of memory for all at once.

Time is counted in pixels times passes over them (the scans of a JPEG, the frames of an animation),
of which a decoder does between 50 and 500 million in a second; memory in bytes.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MAX_MEMORY = 640 * 1024 * 1024
"""Bytes that decoding one file may take, and all files that are decoded at the same time."""
MAX_PIXELS = 100_000_000
MAX_JPEG_PIXELS = 256_000_000
"""More than of other kinds: the decoder scales down by itself, in a third of the time."""
MAX_WORK = 1_000_000_000
"""Pixels times passes."""
MAX_SCANS = 100
"""Of a JPEG; honest ones have about 10."""
MAX_PARTS = 400_000
"""Chunks or blocks of a file, each of which costs time of its own."""
MAX_SEGMENTS = 10_000
"""Of a JPEG, where they cost more."""
MAX_FRAMES = 32
"""How far into an animation is looked for one that shows something."""


class Budget:
    """An amount that all threads share; who finds too little left waits for the others, in turn."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._left = total
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, amount: int) -> Iterator[None]:
        """Hold `amount`, or all there is where that is less, until the block is left."""
        amount = min(amount, self.total)
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is turn and self._left >= amount)
                self._left -= amount
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._left += amount
                self._changed.notify_all()


MEMORY = Budget(MAX_MEMORY)
"""Of this process, for everything that is being decoded."""
