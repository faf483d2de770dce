"""Foretelling each word of the annotators' captions, and perhaps a teacher's words too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from captioning.checkpoint import Model
from training.batches import shift
from training.distillation import Teacher
from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.objectives.cross_entropy_sum import cross_entropy_sum
from training.photo_sources import Seen


@dataclass(frozen=True, slots=True)
class CrossEntropy(Objective):
    """Cross-entropy of the captions' words."""

    kind: ClassVar[str] = "cross-entropy"

    label_smoothing: float = 0.1
    unlikelihood: float = 0.0
    """Weight of the loss on saying a word twice in a row."""
    teacher: str | None = None
    """Model name or checkpoint that `distillation` and `imitation` learn from."""
    distillation: float = 0.0
    """Share, 0 to 1, of what is learned of each word that is what the teacher would have said there
    instead of what the annotators did (Hinton et al., "Distilling the Knowledge in a Neural
    Network", 2015), at temperature 1."""
    imitation: float = 0.0
    """Weight of the loss that draws the encoder towards the teacher's features."""

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError("label_smoothing must lie in [0, 1)")
        if self.unlikelihood < 0:
            raise ConfigError("unlikelihood must not be negative")
        if not 0 <= self.distillation <= 1:
            raise ConfigError("distillation must lie in [0, 1]")
        if self.imitation < 0:
            raise ConfigError("imitation must not be negative")
        if bool(self.teacher) != bool(self.distillation or self.imitation):
            raise ConfigError(
                "distillation and imitation need a teacher, and a teacher needs one of them"
            )

    @property
    def teachers(self) -> tuple[str, ...]:
        return (self.teacher,) if self.teacher else ()

    def check(self, materials: Materials) -> None:
        if self.teacher and self.distillation:
            materials.teachers[self.teacher].require_vocabulary(materials.vocabulary)

    def loss(self, materials: Materials) -> Loss:
        teacher = materials.teachers[self.teacher] if self.teacher else None
        return CrossEntropyLoss(materials.captions, self, teacher)


class CrossEntropyLoss(Loss):
    """The mean over the step's words of how badly each was foretold from those before it.

    What it shows leaves out the imitation.

    Args:
        captions: the word ids of every training photo's captions, in the photos' order.
        teacher: None where `options` name none.
    """

    def __init__(
        self,
        captions: Sequence[Sequence[Sequence[int]]],
        options: CrossEntropy,
        teacher: Teacher | None = None,
    ) -> None:
        self._captions = captions
        self._words = [sum(len(words) + 1 for words in group) for group in captions]  # with EOS
        self._options, self._teacher = options, teacher
        self.examples = range(len(captions))
        self.helpers = (teacher,) if teacher and options.imitation else ()

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        options = self._options
        features = seen.features.float()
        captions = [words for row in rows for words in self._captions[row]]
        counts = torch.tensor([len(self._captions[row]) for row in rows])
        owners = torch.arange(len(rows)).repeat_interleave(counts).to(features.device)
        inputs, targets = (
            packed.to(features.device)  # type: ignore[arg-type]
            for packed in shift(captions)
        )
        by_teacher = self._teacher.look(seen.required_photos()) if self._teacher else None
        logits = model.decoder(features, owners, inputs)
        total = cross_entropy_sum(logits, targets.data, options.label_smoothing)
        if self._teacher and by_teacher is not None and options.distillation:
            wanted = self._teacher.probabilities(by_teacher, owners, inputs)
            taught = functional.cross_entropy(logits.float(), wanted, reduction="sum")
            total = torch.lerp(total, taught, options.distillation)
        if options.unlikelihood:
            repeats = unlikelihood_of_repeats(logits.float(), inputs.data, targets.data)
            total = total + options.unlikelihood * repeats
        loss = total / sum(self._words[row] for row in step)
        shown = loss.detach()
        if self._teacher and by_teacher is not None and options.imitation:
            imitation = self._teacher.imitation(by_teacher, seen.features)
            loss = loss + options.imitation * imitation * len(rows) / len(step)
        return loss, shown


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
