"""Photos and captions as tensors: padding, the one shift of targets, and augmentation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from captioning.images import Preprocessing
from captioning.vocabulary import BOS, EOS

_SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)


def shift(captions: Sequence[Sequence[int]]) -> tuple[PackedSequence, PackedSequence]:
    """Word ids to what a decoder reads and what it must say.

    ``[w1 … wn]`` is read as ``[BOS, w1 … wn]`` and must be answered by ``[w1 … wn, EOS]``, so that
    the end of a caption is learned like any word. Both are packed alike, without padding.
    """
    inputs = [torch.tensor([BOS, *words]) for words in captions]
    targets = [torch.tensor([*words, EOS]) for words in captions]
    return (
        pack_sequence(inputs, enforce_sorted=False),
        pack_sequence(targets, enforce_sorted=False),
    )


def mirror_safe(captions: Sequence[str]) -> bool:
    """Whether a photo may be flipped: no caption tells left from right."""
    return not any(_SIDES.search(caption) for caption in captions)


def normalised(
    pixels: NDArray[np.uint8],
    preprocessing: Preprocessing,
    device: torch.device | None = None,
) -> Tensor:
    """Stored (B, S, S, 3) uint8 photos as a model's input (B, 3, size, size) on `device`."""
    batch = torch.from_numpy(np.array(pixels)).to(device).permute(0, 3, 1, 2).float() / 255
    # A bicubic filter overshoots at edges.
    batch = resized(batch, preprocessing.size).clamp(0, 1)
    mean, std = (
        torch.tensor(values, device=device).view(1, 3, 1, 1)
        for values in (preprocessing.mean, preprocessing.std)
    )
    return ((batch - mean) / std).contiguous(memory_format=torch.channels_last)


def resized(photos: Tensor, size: int) -> Tensor:
    """(B, 3, S, S) photos as (B, 3, size, size)."""
    if photos.shape[-1] == size:
        return photos
    photos = functional.interpolate(
        photos, (size, size), mode="bicubic", align_corners=False, antialias=True
    )
    return photos.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes of a photo that leave its captions true."""

    DRAWS: ClassVar[int] = 14
    """Random numbers that one photo takes."""
    FLIP: ClassVar[int] = 2
    """Which of them decides whether it is mirrored: below one half."""
    BLEND: ClassVar[int] = 13
    """Which of them is its share in a blend."""

    min_scale: float = 0.6
    """Smallest share of the photo's area a crop keeps; 1 switches cropping off."""
    colour: float = 0.3
    """Largest relative change of brightness, contrast and saturation."""
    erase: float = 0.0
    """Share of photos of which one rectangle is greyed out."""

    def apply(self, photos: Tensor, mirror: Tensor, draws: Tensor) -> Tensor:
        """Crop, flip and recolour (B, 3, S, S) normalised photos; the shape stays.

        Args:
            mirror: (B,) bool, which photos may be flipped; half of these are.
            draws: (`DRAWS`, B), uniform in [0, 1).
        """
        erased = (draws[8] < self.erase).nonzero().flatten().tolist()
        corners = draws[9:13].T.tolist()
        draws = draws.to(photos.device)
        # One affine map per photo both crops and flips: x' = ±scale·x + offset.
        area = self.min_scale + (1 - self.min_scale) * draws[0]
        aspect = torch.exp((draws[1] - 0.5) * 0.5)
        width = (area * aspect).sqrt().clamp(max=1)
        height = (area / aspect).sqrt().clamp(max=1)
        sign = torch.where(mirror & (draws[self.FLIP] < 0.5), -1.0, 1.0)
        theta = torch.zeros(len(photos), 2, 3, device=photos.device)
        theta[:, 0, 0] = width * sign
        theta[:, 1, 1] = height
        theta[:, 0, 2] = (2 * draws[3] - 1) * (1 - width)
        theta[:, 1, 2] = (2 * draws[4] - 1) * (1 - height)
        grid = functional.affine_grid(theta, list(photos.shape), align_corners=False)
        photos = functional.grid_sample(
            photos, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        brightness, contrast, saturation = (
            ((2 * value - 1) * self.colour).view(-1, 1, 1, 1) for value in draws[5:8]
        )
        grey = photos.mean(1, keepdim=True)
        photos = grey + (photos - grey) * (1 + saturation)
        mean = photos.mean((1, 2, 3), keepdim=True)
        photos = mean + (photos - mean) * (1 + contrast) + brightness
        for index in erased:
            _erase(photos[index], corners[index])
        return photos.contiguous(memory_format=torch.channels_last)


def blended(photos: Tensor, draws: Tensor) -> Tensor:
    """Each of (B, 3, S, S) photos laid over another of them.

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018), with shares that are
    uniform, as Beyer et al., "Knowledge distillation: A good teacher is patient and consistent"
    (2022) found best for learning from a teacher.

    Args:
        draws: (`Augmentation.DRAWS`, B), uniform in [0, 1).
    """
    share = draws[Augmentation.BLEND].to(photos.device).view(-1, 1, 1, 1)
    return torch.lerp(photos, photos.roll(1, 0), share)


def _erase(photo: Tensor, draws: Sequence[float]) -> None:
    """Grey out, in place, a rectangle with sides of an eighth to a third of (3, S, S)'s."""
    side = photo.shape[-1]
    height, width = (int(side * (1 / 8 + draw * (1 / 3 - 1 / 8))) for draw in draws[:2])
    top, left = (
        int(draw * (side - length)) for draw, length in zip(draws[2:], (height, width), strict=True)
    )
    photo[:, top : top + height, left : left + width] = 0
