"""Foretelling each word of the annotators' captions, and perhaps a teacher's words too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pack_sequence

from captioning.checkpoint import Model
from training.batches import shift
from training.distillation import ModelTeacher, NetworkTeacher, Teacher, View
from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.objectives.caption_choice import CaptionChoice, Captions
from training.objectives.cross_entropy_sum import cross_entropy_sum
from training.photo_sources import Seen


@dataclass(frozen=True, slots=True)
class CrossEntropy(Objective):
    """Cross-entropy of the captions' words."""

    kind: ClassVar[str] = "cross-entropy"

    label_smoothing: float = 0.1
    unlikelihood: float = 0.0
    """Weight of the loss on saying a word twice in a row."""
    captions_per_photo: int | None = None
    """How many of a photo's captions a step learns, drawn anew each time; None for all."""
    pseudo_captions: bool = False
    """Whether to learn what `caption-train pair` chose too: of photos that nobody captioned, and of
    those with fewer than `captions_per_photo` captions."""
    repeat: Mapping[str, int] = field(default_factory=dict)
    """How often in an epoch the photos that people captioned come, by the dataset's name; once when
    it is not there."""
    teacher: str | None = None
    """Model name or checkpoint that `distillation` and `imitation` learn from; or the ``.xml`` of a
    network in OpenVINO's format, see `training.strong_network`, that can only be imitated."""
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
        if self.captions_per_photo is not None and self.captions_per_photo < 1:
            raise ConfigError("captions_per_photo must be at least 1")
        if not isinstance(self.repeat, Mapping) or any(
            not isinstance(times, int) or times < 1 for times in self.repeat.values()
        ):
            raise ConfigError("repeat must give datasets whole numbers of at least 1")
        if not 0 <= self.distillation <= 1:
            raise ConfigError("distillation must lie in [0, 1]")
        if self.imitation < 0:
            raise ConfigError("imitation must not be negative")
        if bool(self.teacher) != bool(self.distillation or self.imitation):
            raise ConfigError(
                "distillation and imitation need a teacher, and a teacher needs one of them"
            )

    @property
    def learns_pseudo_captions(self) -> bool:
        return self.pseudo_captions

    @property
    def splits(self) -> tuple[str, ...]:
        return ("train", "unlabelled") if self.pseudo_captions else ("train",)

    @property
    def teachers(self) -> tuple[str, ...]:
        return (self.teacher,) if self.teacher else ()

    def load_teacher(self, name: str, channels: int, device: torch.device) -> Teacher:
        if Path(name).suffix == ".xml":
            return NetworkTeacher(Path(name), channels, device)
        return ModelTeacher(name, channels, device)

    def check(self, materials: Materials) -> None:
        if self.teacher and self.distillation:
            teacher = materials.teachers[self.teacher]
            if not isinstance(teacher, ModelTeacher):
                raise ConfigError(f"{self.teacher} says no words: it can only be imitated")
            teacher.require_vocabulary(materials.vocabulary)
        if self.pseudo_captions and not any(materials.pseudo_captions):
            raise ConfigError(
                "the prepared dataset has no pseudo captions: run 'caption-train pair' on it first"
            )
        datasets = set(materials.photos.datasets) if materials.photos else set()
        if unknown := sorted(self.repeat.keys() - datasets):
            raise ConfigError(
                f"repeat names {unknown[0]}, but the prepared datasets are "
                f"{', '.join(sorted(datasets))}"
            )

    def loss(self, materials: Materials) -> Loss:
        return CrossEntropyLoss(
            materials.captions,
            self,
            materials.teachers[self.teacher] if self.teacher else None,
            materials.view(self.teacher) if self.teacher else None,
            materials.pseudo_captions if self.pseudo_captions else (),
            materials.photos.datasets if materials.photos else (),
            materials.weights,
        )


class CrossEntropyLoss(Loss):
    """The mean over the step's words of how badly each was foretold from those before it.

    What it shows leaves out the imitation.

    Args:
        captions: the word ids of every training photo's captions, in the photos' order.
        teacher: None where `options` name none.
        view: how the teacher sees the photos.
        pseudo_captions: as `captions`; empty when there are none.
        datasets: of each photo, the one it is from; needed where `options` repeat some.
        weights: how much the words of each photo's captions count; 1 where nothing is told. Those
            that are learned as pseudo captions count 1.
    """

    def __init__(
        self,
        captions: Sequence[Captions],
        options: CrossEntropy,
        teacher: Teacher | None = None,
        view: View | None = None,
        pseudo_captions: Sequence[Captions] = (),
        datasets: Sequence[str] = (),
        weights: Sequence[Sequence[float]] = (),
    ) -> None:
        self._choice = CaptionChoice(captions, pseudo_captions, options.captions_per_photo)
        self._options, self._teacher, self._view = options, teacher, view
        self._weights = [
            dict(zip(map(tuple, texts), counts, strict=True)) if counts else {}
            for texts, counts in zip(captions, weights or [()] * len(captions), strict=True)
        ]
        self.examples = self._choice.examples(datasets, options.repeat)
        self.helpers = (teacher,) if teacher and options.imitation else ()

    def begin_epoch(self, chance: np.random.Generator) -> None:
        self._choice.begin_epoch(chance)

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        options = self._options
        features = seen.features.float()
        chosen = self._choice.of_step(step)
        captions = [words for row in rows for words in chosen[row]]
        counts = torch.tensor([len(chosen[row]) for row in rows])
        owners = torch.arange(len(rows)).repeat_interleave(counts).to(features.device)
        inputs, targets = (
            packed.to(features.device)  # type: ignore[arg-type]
            for packed in shift(captions)
        )
        by_teacher = self._view(seen, rows) if self._view else None
        logits = model.decoder(features, owners, inputs)
        weights = self._word_weights(rows, chosen).to(features.device)
        total = cross_entropy_sum(logits, targets.data, options.label_smoothing, weights)
        if by_teacher is not None and options.distillation:
            assert isinstance(self._teacher, ModelTeacher)
            wanted = self._teacher.probabilities(by_teacher, owners, inputs)
            taught = functional.cross_entropy(logits.float(), wanted, reduction="none")
            total = torch.lerp(total, (weights * taught).sum(), options.distillation)
        if options.unlikelihood:
            repeats = unlikelihood_of_repeats(logits.float(), inputs.data, targets.data)
            total = total + options.unlikelihood * repeats
        # Each caption's end is a word too.
        loss = total / sum(
            self._weight(row, words) * (len(words) + 1) for row in step for words in chosen[row]
        )
        shown = loss.detach()
        if self._teacher and by_teacher is not None and options.imitation:
            imitation = self._teacher.imitation(by_teacher, seen.features)
            loss = loss + options.imitation * imitation * len(rows) / len(step)
        return loss, shown

    def _weight(self, row: int, words: Sequence[int]) -> float:
        return self._weights[row].get(tuple(words), 1.0)

    def _word_weights(self, rows: Sequence[int], chosen: Mapping[int, Captions]) -> Tensor:
        """(N,): of each word of the captions of `rows`, packed as they are."""
        weights = [
            torch.full((len(words) + 1,), self._weight(row, words))
            for row in rows
            for words in chosen[row]
        ]
        return pack_sequence(weights, enforce_sorted=False).data


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
