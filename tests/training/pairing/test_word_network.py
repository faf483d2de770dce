"""Words of captions, foretold from what a strong network sees."""

import numpy as np
import pytest
import torch

from training.pairing.word_network import (
    photo_vectors,
    train_word_network,
    word_chances,
    word_targets,
)
from training.strong_network import Views


def test_captions_that_say_a_word_are_counted_and_many_tell_more_than_one() -> None:
    shares, weights = word_targets([[[0, 2], [2]], [[]], [[1]] * 5], 3)
    assert shares.tolist() == [[0.5, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert weights.tolist() == pytest.approx([0.7, 0.55, 1.0])


def test_vectors_are_standardised_and_end_with_the_objects() -> None:
    chance = np.random.default_rng(0)
    parts = [
        Views(*(chance.normal(3, 5, (count, 4)).astype(np.float16) for _ in range(3)))
        for count in (30, 20)
    ]
    vectors = photo_vectors(parts, np.eye(50, 2, dtype=np.float32))
    assert vectors.shape == (50, 4 + 4 + 4 + 2)
    torch.testing.assert_close(vectors[:, :8].mean(0), torch.zeros(8), atol=1e-4, rtol=0)
    torch.testing.assert_close(vectors[:, :8].std(0), torch.ones(8), atol=0.05, rtol=0)
    assert vectors[:2, -2:].tolist() == [[3, 0], [0, 3]]


def taught(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A word that goes with a feature, one with an object, and one with nothing; and chances."""
    generator = torch.Generator().manual_seed(1)
    signs = torch.rand(2000, 3, generator=generator) < 0.5
    vectors = torch.randn(2000, 6, generator=generator)
    vectors[:, 0] += 3 * signs[:, 0]
    vectors[:, 5] = 3.0 * signs[:, 1]
    network = train_word_network(
        vectors[:1500], signs[:1500].float(), torch.ones(1500), objects=1, seed=seed
    )
    return signs[1500:], word_chances([network], vectors[1500:])


def test_words_are_learned_from_what_they_go_with() -> None:
    signs, chances = taught()
    right = ((chances > 0.5) == signs).float().mean(0)
    assert right[0] > 0.85
    assert right[1] > 0.95
    assert right[2] < 0.6


def test_the_same_seed_learns_the_same() -> None:
    assert torch.equal(taught(3)[1], taught(3)[1])
    assert not torch.equal(taught(3)[1], taught(4)[1])
