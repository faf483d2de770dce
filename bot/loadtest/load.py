"""What is asked of the bot: who sends how many photos, and when."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Load:
    """Photos of `people` who take turns at random, for `seconds` at `rate` photos a second.

    They come at independent moments (a Poisson process) whether or not earlier ones are answered:
    waiting for answers would hide how long people wait. A `burst` comes all at once instead.
    """

    people: int = 50
    rate: float = 5.0
    seconds: float = 30.0
    burst: int = 0
    limits: bool = False
    """Whether the sandbox enforces Telegram's limits."""
    folder: Path | None = None
    """Of JPEGs to send, made unique; drawn ones when None."""
    patience: float = 120.0
    """Seconds after the last photo in which answers are waited for."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.people < 1 or self.rate <= 0 or self.seconds <= 0 or self.burst < 0:
            raise ValueError("people, rate and seconds must be above 0.")

    def arrivals(self) -> Iterator[tuple[float, int]]:
        """Of each photo, when it comes in seconds from the beginning, and who sends it, from 0."""
        draws = random.Random(self.seed)  # noqa: S311 - the same load each time
        if self.burst:
            yield from ((0.0, number % self.people) for number in range(self.burst))
            return
        gaps = iter(lambda: draws.expovariate(self.rate), None)
        for moment in accumulate(gaps):
            if moment >= self.seconds:
                return
            yield moment, draws.randrange(self.people)
