"""Photos and captions as tensors: padding, the one shift of targets, and augmentation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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


def normalised(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> Tensor:
    """Stored (B, S, S, 3) uint8 photos as a model's input (B, 3, size, size)."""
    batch = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    # A bicubic filter overshoots at edges.
    batch = resized(batch, preprocessing.size).clamp(0, 1)
    mean, std = (
        torch.tensor(values).view(1, 3, 1, 1) for values in (preprocessing.mean, preprocessing.std)
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

    min_scale: float = 0.6
    """Smallest share of the photo's area a crop keeps; 1 switches cropping off."""
    colour: float = 0.3
    """Largest relative change of brightness, contrast and saturation."""
    erase: float = 0.0
    """Share of photos of which one rectangle is greyed out."""

    def apply(self, photos: Tensor, mirror: Tensor, generator: torch.Generator) -> Tensor:
        """Crop, flip and recolour (B, 3, S, S) normalised photos; the shape stays.

        Args:
            mirror: (B,) bool, which photos may be flipped; half of these are.
        """
        count = photos.shape[0]
        uniform = torch.rand(9, count, generator=generator)
        # One affine map per photo both crops and flips: x' = ±scale·x + offset.
        area = self.min_scale + (1 - self.min_scale) * uniform[0]
        aspect = torch.exp((uniform[1] - 0.5) * 0.5)
        width = (area * aspect).sqrt().clamp(max=1)
        height = (area / aspect).sqrt().clamp(max=1)
        sign = torch.where(mirror & (uniform[2] < 0.5), -1.0, 1.0)
        theta = torch.zeros(count, 2, 3)
        theta[:, 0, 0] = width * sign
        theta[:, 1, 1] = height
        theta[:, 0, 2] = (2 * uniform[3] - 1) * (1 - width)
        theta[:, 1, 2] = (2 * uniform[4] - 1) * (1 - height)
        grid = functional.affine_grid(theta, list(photos.shape), align_corners=False)
        photos = functional.grid_sample(
            photos, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        brightness, contrast, saturation = (
            ((2 * value - 1) * self.colour).view(-1, 1, 1, 1) for value in uniform[5:8]
        )
        grey = photos.mean(1, keepdim=True)
        photos = grey + (photos - grey) * (1 + saturation)
        mean = photos.mean((1, 2, 3), keepdim=True)
        photos = mean + (photos - mean) * (1 + contrast) + brightness
        if self.erase > 0:
            photos = self._erase(photos, uniform[8] < self.erase, generator)
        return photos.contiguous(memory_format=torch.channels_last)

    @staticmethod
    def _erase(photos: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
        side = photos.shape[-1]
        for index in chosen.nonzero().flatten().tolist():
            height, width = torch.randint(side // 8, side // 3, (2,), generator=generator).tolist()
            top, left = (
                int(torch.randint(0, side - length, (1,), generator=generator))
                for length in (height, width)
            )
            photos[index, :, top : top + height, left : left + width] = 0
        return photos
