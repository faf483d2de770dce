"""Photos that show the same picture although their bytes differ, by perceptual hashes.

The difference hash (Krawetz, 2013) says of each of 8 × 8 places whether the picture grows brighter
to the right; here also whether it grows brighter downwards. Scaling, compression and small changes
of colour turn few of the 128 bits.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning import open_image

NEAR = 10
"""So many of the 128 bits may differ. Of two photos that have nothing to do with each other, about
64 do."""

_SIDE = 8
_DECODED_SIDE = 64
_BLOCK = 1024
"""Rows compared at a time: the table of distances stays small."""


def perceptual_hash(photo: bytes | Image.Image) -> NDArray[np.uint64]:
    """The hash (2,) of a photo.

    Raises:
        ImageError: when it cannot be decoded.
    """
    grey = open_image(photo, target_side=_DECODED_SIDE).convert("L")
    right = _grid(grey, _SIDE + 1, _SIDE)
    down = _grid(grey, _SIDE, _SIDE + 1)
    bits = np.concatenate([(right[:, 1:] > right[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])
    return np.packbits(bits).view(np.uint64)


def _grid(grey: Image.Image, width: int, height: int) -> NDArray[np.int16]:
    return np.asarray(grey.resize((width, height), Image.Resampling.BOX), np.int16)


def stack(hashes: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Hashes as an array (N, 2), which may be empty."""
    return np.array([*hashes], np.uint64).reshape(-1, 2)


def near_pairs(
    hashes: NDArray[np.uint64], others: NDArray[np.uint64], near: int = NEAR
) -> list[tuple[int, int]]:
    """The rows of `hashes` (N, 2) and of `others` (M, 2) that differ in at most `near` bits."""
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        distance = np.bitwise_count(block[:, None, 0] ^ others[None, :, 0])  # (block, M), uint8
        close = np.nonzero(distance <= near)
        # Half of the bits already tell nearly all photos apart.
        rest = np.bitwise_count(block[close[0], 1] ^ others[close[1], 1])
        keep = distance[close] + rest <= near
        pairs += zip((close[0][keep] + start).tolist(), close[1][keep].tolist(), strict=True)
    return pairs


def duplicates(
    hashes: NDArray[np.uint64], order: Sequence[int], near: int = NEAR
) -> dict[int, int]:
    """Which photos repeat another: their rows, and the row of the photo that is kept.

    Args:
        hashes: (N, 2).
        order: all rows, those to keep rather first. A photo that is near one that is kept goes;
            one that is only near a photo that goes is kept.
    """
    near_to: dict[int, list[int]] = {}
    for first, second in near_pairs(hashes, hashes, near):
        if first != second:
            near_to.setdefault(first, []).append(second)
    kept: set[int] = set()
    replaced: dict[int, int] = {}
    for row in order:
        keeper = next((other for other in near_to.get(row, ()) if other in kept), None)
        if keeper is None:
            kept.add(row)
        else:
            replaced[row] = keeper
    return replaced
