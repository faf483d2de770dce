"""The encoder alone learns to see what a teacher sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from torch import Tensor

from captioning.checkpoint import Model
from training.distillation import Teacher, View
from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.photo_sources import Seen

Photos = Literal["train", "unlabelled", "all"]


@dataclass(frozen=True, slots=True)
class Imitation(Objective):
    """Drawing the encoder towards a teacher's features, on photos blended with one another.

    No caption is true of a blend, so that none is learned, nor needed: photos without captions do
    as well.
    """

    kind: ClassVar[str] = "imitation"
    teaches_captions: ClassVar[bool] = False
    blends_photos: ClassVar[bool] = True

    teacher: str
    """Model name or checkpoint."""
    weight: float = 1.0
    photos: Photos = "train"
    """Which prepared photos: the captioned ones, those without captions, or both."""

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ConfigError("imitation needs a weight above 0")
        if self.photos not in get_args(Photos):
            raise ConfigError(f"photos must be one of {', '.join(get_args(Photos))}")

    @property
    def splits(self) -> tuple[str, ...]:
        return ("train", "unlabelled") if self.photos == "all" else (self.photos,)

    @property
    def teachers(self) -> tuple[str, ...]:
        return (self.teacher,)

    def loss(self, materials: Materials) -> Loss:
        teacher, view = materials.teachers[self.teacher], materials.view(self.teacher)
        return ImitationLoss(teacher, view, self.weight, len(materials.captions))


class ImitationLoss(Loss):
    """`Teacher.imitation`, weighted.

    Args:
        view: how the teacher sees the photos, blended as they are.
        photos: how many there are.
    """

    def __init__(self, teacher: Teacher, view: View, weight: float, photos: int) -> None:
        self._teacher, self._view, self._weight = teacher, view, weight
        self.examples, self.helpers = range(photos), (teacher,)

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        imitation = self._teacher.imitation(self._view(seen, rows), seen.features)
        loss = self._weight * imitation * len(rows) / len(step)
        return loss, loss.detach()
