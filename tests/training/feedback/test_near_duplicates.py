"""The same picture in other bytes is found, another picture is not."""

import io

import numpy as np
import pytest
from feedback_exports import photo
from PIL import Image

from captioning import ImageError
from training.feedback.near_duplicates import (
    NEAR,
    duplicates,
    near_pairs,
    perceptual_hash,
    stack,
)


def distance(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.bitwise_count(first ^ second).sum())


def test_scaled_and_compressed_photos_are_near(photo_bytes: bytes) -> None:
    original = perceptual_hash(photo_bytes)
    with Image.open(io.BytesIO(photo_bytes)) as picture:
        smaller = picture.resize((picture.width // 2, picture.height // 2))
    buffer = io.BytesIO()
    smaller.point(lambda value: min(255, value + 12)).save(buffer, "JPEG", quality=35)
    assert distance(original, perceptual_hash(buffer.getvalue())) <= NEAR


def test_other_photos_are_far(photo_bytes: bytes) -> None:
    hashes = stack(perceptual_hash(photo(number)) for number in range(60))
    assert near_pairs(hashes, hashes) == [(row, row) for row in range(60)]
    assert near_pairs(stack([perceptual_hash(photo_bytes)]), hashes) == []


def test_damaged_photos(photo_bytes: bytes) -> None:
    with pytest.raises(ImageError):
        perceptual_hash(photo_bytes[:200])


def test_pairs_are_what_counting_bits_finds() -> None:
    rng = np.random.default_rng(0)
    few = rng.integers(0, 2**64, (50, 2), np.uint64)
    flips = np.uint64(1) << rng.integers(0, 64, (50, 14), np.uint64)
    near = few.copy()
    for row in range(50):
        for flip in flips[row, : rng.integers(0, 15)]:
            near[row, rng.integers(0, 2)] ^= flip
    expected = [
        (row, column)
        for row in range(50)
        for column in range(50)
        if distance(few[row], near[column]) <= NEAR
    ]
    assert 10 < len(expected) < 50
    assert near_pairs(few, near) == expected


def test_the_preferred_photo_of_a_group_is_kept() -> None:
    hashes = np.array([[0, 0], [0b111, 0], [2**63, 2**40 - 1], [0, 0b1]], np.uint64)
    assert duplicates(hashes, [1, 0, 2, 3]) == {0: 1, 3: 1}
    assert duplicates(hashes, [3, 2, 1, 0]) == {1: 3, 0: 3}
    assert duplicates(stack([]), []) == {}
