"""How many hands of a step work for each chat: one chat never has all."""

import math
from collections import Counter
from collections.abc import Iterable

from bot.storage.tables import Job


class Shares:
    """Counts the hands that chats have, of which one may have `most`."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._held: Counter[int] = Counter()

    def take(self, chats: Iterable[int]) -> None:
        """A hand begins to work for chats."""
        self._held += Counter(set(chats))

    def give_back(self, chats: Iterable[int]) -> None:
        """A hand is done with what it took for chats."""
        self._held -= Counter(set(chats))

    @property
    def used_up(self) -> list[int]:
        """The chats that get no other hand now."""
        return [chat_id for chat_id, held in self._held.items() if held >= self._most]

    def within(self, jobs: Iterable[Job]) -> list[Job]:
        """Of jobs that want a hand each, those that can have one; the first come first."""
        held = self._held.copy()
        fitting = []
        for job in jobs:
            held[job.chat_id] += 1
            if held[job.chat_id] <= self._most:
                fitting.append(job)
        return fitting


UNSHARED = Shares(math.inf)
"""Every chat can have every hand."""
