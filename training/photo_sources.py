"""A step's photos as features: cached ones of a frozen encoder, or an encoder in training."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning.encoders import Encoder
from captioning.images import Preprocessing
from training.batches import Augmentation, blended, normalised, resized
from training.prepared import Split


class Seen(NamedTuple):
    """Photos as features."""

    features: Tensor
    """(I, P, C)."""
    photos: Tensor | None = None
    """(I, 3, S, S), normalised, as they were shown; None where features were cached."""

    def required_photos(self) -> Tensor:
        """`photos`, for objectives that say that they need them."""
        assert self.photos is not None
        return self.photos


class PhotoSource(Protocol):
    """Turns training photos, which are known by their row, into features."""

    def __call__(self, rows: NDArray[np.int64], draws: Tensor) -> Seen:
        """What is seen in the photos `rows`.

        Args:
            draws: (`Augmentation.DRAWS`, I), uniform in [0, 1): all the chance there is, so that a
                photo is changed alike whichever process takes it.
        """


@dataclass(frozen=True, slots=True)
class CachedPhotos:
    """Features that a frozen encoder computed before, some of mirrored photos."""

    plain: NDArray[np.float16]
    """(N, P, C)."""
    mirrored: NDArray[np.float16] | None
    """(N, P, C) of the photos' mirror images; None when no photo is flipped."""
    may_flip: Tensor
    """(N,) bool; half the photos that may be flipped are."""
    device: torch.device

    def __call__(self, rows: NDArray[np.int64], draws: Tensor) -> Seen:
        flips = (self.may_flip[rows] & (draws[Augmentation.FLIP] < 0.5)).tolist()
        chosen = [
            self.mirrored[row] if flip and self.mirrored is not None else self.plain[row]
            for flip, row in zip(flips, rows, strict=True)
        ]
        return Seen(torch.from_numpy(np.stack(chosen)).to(self.device).float())


@dataclass(frozen=True, slots=True)
class AugmentedPhotos:
    """Photos changed a little and run through the encoder, with gradients."""

    encoder: Encoder
    split: Split
    may_flip: Tensor
    """(N,) bool."""
    augmentation: Augmentation
    size: int
    """Side of the encoder's input, in pixels."""
    blends: bool
    """Whether photos are laid over one another, which leaves no caption true."""
    device: torch.device

    def __call__(self, rows: NDArray[np.int64], draws: Tensor) -> Seen:
        pixels = self.split.pixels[rows]
        # Cropped at full size and then scaled down, so that a small crop keeps its details.
        photos = normalised(pixels, Preprocessing(size=pixels.shape[1]), self.device)
        may_flip = self.may_flip[rows].to(self.device)
        photos = self.augmentation.apply(photos, may_flip, draws)
        if self.blends:
            photos = blended(photos, draws)
        return Seen(self.encoder(resized(photos, self.size)), photos)


@dataclass(frozen=True, slots=True)
class NoPhotos:
    """For objectives that learn from texts alone."""

    device: torch.device

    def __call__(self, rows: NDArray[np.int64], draws: Tensor) -> Seen:
        return Seen(torch.empty(len(rows), 0, 0, device=self.device))
