"""Learning from what people said of captions: what they wrote and liked, and what they prefer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from captioning.checkpoint import Model
from captioning.vocabulary import Vocabulary
from training.batches import shift
from training.distillation import FormerSelf, Teacher
from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.objectives.cross_entropy import CrossEntropy, CrossEntropyLoss
from training.photo_sources import Seen
from training.prepared import Preferred

_TINY = 1e-9
"""Against the logarithm of what the former model never says."""


@dataclass(frozen=True, slots=True)
class Feedback(Objective):
    """Cross-entropy of captions by their weights, and of preferences between captions.

    The encoder stays that of the model that the training goes on from.
    """

    kind: ClassVar[str] = "feedback"

    start: str
    """The model that the training goes on from."""
    label_smoothing: float = 0.05
    captions_per_photo: int | None = None
    """See `CrossEntropy`."""
    distillation: float = 0.0
    """Share, 0 to 1, of what is learned of each word that is what the model said before: against
    forgetting, where the data that it was trained on are not there to be repeated (Li and Hoiem,
    "Learning without Forgetting", 2016)."""
    preferences: float = 0.0
    """Weight of the loss on preferring what people prefer; 0 leaves their preferences out."""
    beta: float = 0.1
    """How far that draws the model from what it was."""

    def __post_init__(self) -> None:
        self._cross_entropy()
        if self.preferences < 0 or self.beta <= 0:
            raise ConfigError("feedback needs preferences of at least 0 and a beta above 0")

    @property
    def teachers(self) -> tuple[str, ...]:
        return (self.start,) if self.distillation or self.preferences else ()

    @property
    def needs_photos(self) -> bool:
        return False

    def load_teacher(self, name: str, channels: int, device: torch.device) -> Teacher:
        return FormerSelf(name, channels, device)

    def check(self, materials: Materials) -> None:
        for teacher in materials.teachers.values():
            if isinstance(teacher, FormerSelf):
                teacher.require_vocabulary(materials.vocabulary)

    def loss(self, materials: Materials) -> Loss:
        teacher = materials.teachers[self.start] if self.teachers else None
        captions = CrossEntropyLoss(
            materials.captions,
            self._cross_entropy(),
            teacher if self.distillation else None,
            materials.view(self.start) if self.distillation else None,
            weights=materials.weights,
        )
        if not self.preferences:
            return captions
        assert isinstance(teacher, FormerSelf)
        assert materials.photos is not None
        return FeedbackLoss(
            captions, materials.photos.preferences, materials.vocabulary, teacher, self
        )

    def _cross_entropy(self) -> CrossEntropy:
        return CrossEntropy(
            self.label_smoothing,
            captions_per_photo=self.captions_per_photo,
            teacher=self.start if self.distillation else None,
            distillation=self.distillation,
        )


class FeedbackLoss(Loss):
    """The cross-entropy of captions, and the loss on preferences beside it.

    Source of the latter: Rafailov et al., "Direct Preference Optimization" (2023), each pair by
    its weight. It shows the cross-entropy alone.

    Args:
        captions: the loss on them.
        preferences: of each photo, in the photos' order.
        former: the model before the training.
    """

    def __init__(
        self,
        captions: CrossEntropyLoss,
        preferences: Sequence[Sequence[Preferred]],
        vocabulary: Vocabulary,
        former: FormerSelf,
        options: Feedback,
    ) -> None:
        self._captions, self._former, self._options = captions, former, options
        self._pairs = [
            [
                (vocabulary.encode(pair.chosen), vocabulary.encode(pair.rejected), pair.weight)
                for pair in of_photo
            ]
            for of_photo in preferences
        ]
        self.examples = captions.examples
        self._epoch = 0

    def begin_epoch(self, chance: np.random.Generator) -> None:
        self._captions.begin_epoch(chance)
        self._epoch = int(chance.integers(1 << 32))

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        loss, shown = self._captions(model, seen, rows, step)
        drawn = [self._drawn(row) for row in rows]
        places = [place for place, pair in enumerate(drawn) if pair]
        if not places:
            return loss, shown
        pairs = [pair for pair in drawn if pair]
        features = seen.features.float()
        owners = torch.tensor(places * 2, device=features.device)
        inputs, targets = (
            packed.to(features.device)  # type: ignore[arg-type]
            for packed in shift([pair[0] for pair in pairs] + [pair[1] for pair in pairs])
        )
        logs = model.decoder(features, owners, inputs).float().log_softmax(1)
        former = self._former.probabilities(features, owners, inputs).clamp_min(_TINY).log()
        gained = _summed(logs - former, targets)
        margins = gained[: len(pairs)] - gained[len(pairs) :]
        weights = torch.tensor([pair[2] for pair in pairs], device=features.device)
        total = -(weights * functional.logsigmoid(self._options.beta * margins)).sum()
        return loss + self._options.preferences * total / len(step), shown

    def _drawn(self, row: int) -> tuple[list[int], list[int], float] | None:
        """The pair of a photo that this epoch teaches."""
        pairs = self._pairs[row]
        if not pairs:
            return None
        return pairs[int(np.random.default_rng((self._epoch, row)).integers(len(pairs)))]


def _summed(logs: Tensor, targets: PackedSequence) -> Tensor:
    """(B,): of each caption, the sum over its words of (N, V) logarithms, in the given order."""
    of_words = logs.gather(1, targets.data[:, None])[:, 0]
    sizes = targets.batch_sizes.tolist()
    count = sizes[0]
    padded = torch.stack(
        [functional.pad(part, (0, count - len(part))) for part in of_words.split(sizes)]
    )
    summed = padded.sum(0)
    return summed if targets.unsorted_indices is None else summed[targets.unsorted_indices]
