"""Which words captions of a photo say, foretold from what a strong network sees in it."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.strong_network import Views

_HIDDEN = 320
_EPOCHS = 16
_LEAST_STEPS = 300
"""However few photos there are."""
_BATCH = 128
_RATE = 1.2e-3
_DECAY = 0.1
_RARE = -4.0
"""Where the log-odds of every word begin: few are said of any one photo."""
_LOGIT_WEIGHT, _OBJECT_WEIGHT = 4.0, 3.0
"""Features of a grid have a variance of 1; probabilities and scores are smaller."""
_FEATURES_DROPPED, _HIDDEN_DROPPED, _OBJECTS_DROPPED = 0.3, 0.5, 0.3


def photo_vectors(views: Sequence[Views], objects: NDArray[np.float32]) -> Tensor:
    """(N, F): what is known of photos, on scales that suit each other.

    Args:
        views: of parts of the photos, behind one another.
        objects: (N, K); the last K columns of the vectors.
    """
    pooled, logits = (
        np.concatenate(parts).astype(np.float32)
        for parts in (
            [np.concatenate([one.mean, one.maximum], 1) for one in views],
            [one.logits for one in views],
        )
    )
    pooled = (pooled - pooled.mean(0)) / (pooled.std(0) + 1e-3)
    # A square root, so that the less likely classes tell something too.
    likely = torch.from_numpy(logits).softmax(1).sqrt() * _LOGIT_WEIGHT
    found = torch.from_numpy(objects) * _OBJECT_WEIGHT
    return torch.cat([torch.from_numpy(pooled), likely, found], 1)


def word_targets(captions: Sequence[Sequence[Sequence[int]]], words: int) -> tuple[Tensor, Tensor]:
    """(N, W) shares of a photo's captions that say a word, and (N,) how much each photo tells.

    Args:
        captions: the word ids of each caption of every photo.
    """
    shares = torch.zeros(len(captions), words)
    for row, group in enumerate(captions):
        for said in group:
            shares[row, said] += 1 / len(group)
    counts = torch.tensor([len(group) for group in captions])
    return shares, (0.4 + 0.15 * counts).clamp(max=1)


def train_word_network(
    vectors: Tensor, shares: Tensor, weights: Tensor, *, objects: int, seed: int
) -> nn.Module:
    """A network of one hidden layer, (N, F) vectors → (N, W) log-odds of words.

    Args:
        shares, weights: from `word_targets`, of the photos `vectors`.
        objects: columns of the vectors that tell of detected objects, the last ones; they are
            hidden now and then, since there are photos of which none tells.
    """
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Dropout(_FEATURES_DROPPED),
        nn.Linear(vectors.shape[1], _HIDDEN),
        nn.GELU(),
        nn.Dropout(_HIDDEN_DROPPED),
        last := nn.Linear(_HIDDEN, shares.shape[1]),
    )
    nn.init.constant_(last.bias, _RARE)
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY, fused=True)
    batches = math.ceil(len(vectors) / _BATCH)
    steps = max(_EPOCHS * batches, _LEAST_STEPS)
    for step in range(steps):
        if step % batches == 0:
            order = torch.randperm(len(vectors))
        for group in optimiser.param_groups:
            group["lr"] = _RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        rows = order[step % batches :: batches]
        seen = vectors[rows]
        if objects:
            hidden = torch.rand(len(rows)) < _OBJECTS_DROPPED
            seen[hidden, -objects:] = 0
        losses = functional.binary_cross_entropy_with_logits(
            network(seen), shares[rows], reduction="none"
        )
        loss = (losses.sum(1) * weights[rows]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()


@torch.inference_mode()
def word_chances(networks: Sequence[nn.Module], vectors: Tensor) -> Tensor:
    """(N, W) probabilities, the mean over several networks."""
    return torch.stack([network(vectors).sigmoid() for network in networks]).mean(0)
