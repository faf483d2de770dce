"""Which of a photo's captions a step learns."""

from collections.abc import Mapping, Sequence

import numpy as np

Captions = Sequence[Sequence[int]]
"""Word ids of captions."""


class CaptionChoice:
    """Draws captions, anew in each step, alike in all processes.

    Args:
        own: what people said of every photo.
        pseudo: what others said of photos like it, for all photos or none.
        per_photo: how many a step learns of a photo; None for all its own, or where it has none,
            all its pseudo captions.
    """

    def __init__(
        self, own: Sequence[Captions], pseudo: Sequence[Captions], per_photo: int | None
    ) -> None:
        self._own, self._pseudo, self._per_photo = own, pseudo or [()] * len(own), per_photo
        self._epoch = 0

    def begin_epoch(self, chance: np.random.Generator) -> None:
        """Take what makes the epoch's draws its own."""
        self._epoch = int(chance.integers(1 << 32))

    def of_step(self, step: Sequence[int]) -> Mapping[int, Captions]:
        """What the photos `step` are told by, by their rows: their own captions before others."""
        return {row: self._drawn(row, step) for row in step}

    def _drawn(self, row: int, step: Sequence[int]) -> Captions:
        own, pseudo = self._own[row], self._pseudo[row]
        if self._per_photo is None:
            return own or pseudo
        chance = np.random.default_rng((self._epoch, row, *step))
        drawn = [own[index] for index in chance.permutation(len(own))[: self._per_photo]]
        missing = self._per_photo - len(drawn)
        return drawn + [pseudo[index] for index in chance.permutation(len(pseudo))[:missing]]

    def examples(self, datasets: Sequence[str], repeat: Mapping[str, int]) -> list[int]:
        """The rows of photos that have captions.

        Args:
            datasets: of each photo, the dataset it is from.
            repeat: how often the photos that people captioned come, by their dataset; once when it
                is not there.
        """

        def times(row: int) -> int:
            if self._own[row]:
                return repeat.get(datasets[row], 1) if repeat else 1
            return 1 if self._pseudo[row] else 0

        return [row for row in range(len(self._own)) for _ in range(times(row))]
