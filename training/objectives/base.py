"""What a phase of a training minimises: the options of it, and the loss that they describe.

A step's photos may be dealt out to several processes and computed a few at a time. Each part's loss
is divided by what the whole step holds, so that the parts' gradients sum to the whole step's.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from captioning.checkpoint import Model
from captioning.vocabulary import Vocabulary
from training.distillation import ModelTeacher, Teacher, View
from training.photo_sources import Seen
from training.prepared import Split


@dataclass(frozen=True, slots=True)
class Materials:
    """What a training has that losses are made of."""

    captions: Sequence[Sequence[Sequence[int]]]
    """The word ids of every photo's captions, in the order of the phase's photos; none of a photo
    that nobody captioned."""
    vocabulary: Vocabulary
    teachers: Mapping[str, Teacher]
    """By the names that objectives call them."""
    pseudo_captions: Sequence[Sequence[Sequence[int]]] = ()
    """As `captions`: what `training.pairing` chose for every photo; empty when there is nothing."""
    photos: Split | None = None
    """The phase's; None where there are none."""
    cache: Path = Path()
    """Folder for what is computed once."""

    @property
    def weights(self) -> Sequence[Sequence[float]]:
        """How sure each of the photos' captions is; nothing where they count alike."""
        return self.photos.weights if self.photos else ()

    def view(self, teacher: str) -> View:
        """How a teacher sees the photos."""
        return self.teachers[teacher].view(self.photos, self.cache)


class Loss(ABC):
    """A loss over examples, which are known by their row: photos, unless the objective has none."""

    examples: Sequence[int]
    """The rows that an epoch goes through; one that is there twice comes twice."""
    helpers: Sequence[nn.Module] = ()
    """What is trained beside the model, at the decoder's rate, and not shipped."""

    def begin_epoch(self, chance: np.random.Generator) -> None:  # noqa: B027 - most draw nothing
        """Draw what is an epoch's own; the same in all processes, and when it is resumed."""

    @abstractmethod
    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """The part `rows` of the examples of a whole `step`.

        Args:
            seen: of the photos `rows`.

        Returns:
            The part's share of the step's loss, and of the number to show for it; scalars.
        """


@dataclass(frozen=True, slots=True)
class Objective(ABC):
    """The options of one kind of objective, as they stand in ``[phases.objective]``.

    A new kind is a class like this, with its loss beside it, and one entry of `OBJECTIVES`.
    """

    kind: ClassVar[str]
    """What configurations call it."""
    shows: ClassVar[Literal["loss", "reward"]] = "loss"
    """What the number is that its loss shows, and so the column of the curve."""
    teaches_captions: ClassVar[bool] = True
    """Whether epochs are worth scoring on dev."""
    blends_photos: ClassVar[bool] = False
    """Whether photos are laid over one another, which leaves no caption true."""

    @property
    def learns_pseudo_captions(self) -> bool:
        """Whether it learns what `training.pairing` chose."""
        return False

    @property
    def splits(self) -> tuple[str, ...]:
        """The prepared splits whose photos an epoch goes through; none for texts alone."""
        return ("train",)

    @property
    def teachers(self) -> tuple[str, ...]:
        """Names or checkpoints of the models it learns from."""
        return ()

    @property
    def needs_photos(self) -> bool:
        """Whether its loss looks at the photos themselves, which cached features do not show."""
        return bool(self.teachers)

    def load_teacher(self, name: str, channels: int, device: torch.device) -> Teacher:
        """One of `teachers`, whose trained parts are kept with the run.

        Args:
            channels: length of the student's feature vectors.
        """
        return ModelTeacher(name, channels, device)

    def check(self, materials: Materials) -> None:  # noqa: B027 - most have nothing to refuse
        """Refuse at a training's start what could otherwise be refused only hours later.

        Raises:
            ConfigError: when `materials` do not fit the options.
        """

    @abstractmethod
    def loss(self, materials: Materials) -> Loss:
        """What a phase with these options minimises."""
