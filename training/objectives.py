"""What training minimises, in shares that add up over the parts of a step.

A step's photos may be dealt out to several processes and computed a few at a time. Each part's loss
is divided by what the whole step holds, so that the parts' gradients sum to the whole step's.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from captioning.checkpoint import Model
from training.batches import shift
from training.cross_entropy import cross_entropy_sum
from training.distillation import Teacher
from training.photo_sources import Seen


class Objective(Protocol):
    """A loss over captions of training photos, which are known by their row."""

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """The part `rows` of the photos of a whole `step`.

        Args:
            seen: of the photos `rows`.

        Returns:
            The part's share of the step's loss, and of the number to show for it; scalars.
        """


class CrossEntropy:
    """The mean over the step's words of how badly each was foretold from those before it.

    Args:
        captions: the word ids of every training photo's captions, in the photos' order.
        unlikelihood: weight of `unlikelihood_of_repeats`.
        teacher: who shows what else could have been said (Hinton et al., "Distilling the Knowledge
            in a Neural Network", 2015), at temperature 1.
        distillation: the teacher's share in what is learned, 0 to 1.
    """

    def __init__(
        self,
        captions: Sequence[Sequence[Sequence[int]]],
        label_smoothing: float,
        unlikelihood: float = 0.0,
        teacher: Teacher | None = None,
        distillation: float = 0.0,
    ) -> None:
        self._captions = captions
        self._words = [sum(len(words) + 1 for words in group) for group in captions]  # with EOS
        self._label_smoothing = label_smoothing
        self._unlikelihood = unlikelihood
        self._teacher, self._distillation = teacher, distillation

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        features = seen.features.float()
        captions = [words for row in rows for words in self._captions[row]]
        counts = torch.tensor([len(self._captions[row]) for row in rows])
        owners = torch.arange(len(rows)).repeat_interleave(counts).to(features.device)
        inputs, targets = (
            packed.to(features.device)  # type: ignore[arg-type]
            for packed in shift(captions)
        )
        logits = model.decoder(features, owners, inputs)
        total = cross_entropy_sum(logits, targets.data, self._label_smoothing)
        if self._distillation and self._teacher is not None and seen.by_teacher is not None:
            wanted = self._teacher.probabilities(seen.by_teacher, owners, inputs)
            taught = functional.cross_entropy(logits.float(), wanted, reduction="sum")
            total = torch.lerp(total, taught, self._distillation)
        if self._unlikelihood:
            repeats = unlikelihood_of_repeats(logits.float(), inputs.data, targets.data)
            total = total + self._unlikelihood * repeats
        loss = total / sum(self._words[row] for row in step)
        return loss, loss.detach()


def unlikelihood_of_repeats(logits: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """How likely the word just said is to be said again, where the caption does not repeat it.

    Source: Welleck et al., "Neural Text Generation with Unlikelihood Training" (2020), on the token
    level, with the previous word as the only negative candidate.

    Args:
        logits: (N, V), of the words that follow.
        inputs: (N,), the words just said.
        targets: (N,), the words that do follow.

    Returns:
        The sum of -log(1 - p) over these words; a scalar.
    """
    again = logits.gather(1, inputs[:, None])[:, 0] - logits.logsumexp(1)
    again = again[inputs != targets].exp().clamp(max=1 - 1e-6)
    return -torch.log1p(-again).sum()
