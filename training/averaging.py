"""The average of several checkpoints of one training: often better than any of them.

Source: Wortsman et al., "Model soups" (2022). It works where the checkpoints lie in one basin, as
those of later phases of the same run do; nothing is trained, and the result costs no more to run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from captioning.checkpoint import Checkpoint, CheckpointError


def weighed(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """The weights between those of two checkpoints with the same tensors.

    Args:
        share: of `after`, from 0 to 1.
    """
    return {
        name: torch.lerp(tensor, after[name], share) if tensor.is_floating_point() else after[name]
        for name, tensor in before.items()
    }


def average_checkpoints(paths: Sequence[Path]) -> Checkpoint:
    """The mean of the weights; the rest is the first checkpoint's, but scores and confidence.

    Raises:
        CheckpointError: when a file is damaged, or is not of the first one's architecture,
            vocabulary and preprocessing.
    """
    first, *others = (Checkpoint.load(path) for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        for what, mine, theirs in (
            ("encoder", first.encoder_name, other.encoder_name),
            ("decoder", first.decoder_config, other.decoder_config),
            ("vocabulary", first.vocabulary.words, other.vocabulary.words),
            ("preprocessing", first.preprocessing, other.preprocessing),
        ):
            if mine != theirs:
                raise CheckpointError(
                    f"{path} cannot be averaged with {paths[0]}: its {what} differs"
                )
        other.build()  # tells of missing or misshapen tensors by name
    weights = {
        name: torch.stack([tensor, *(other.weights[name] for other in others)]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in first.weights.items()
    }
    steps = max(checkpoint.card.steps for checkpoint in (first, *others))
    card = replace(first.card, scores={}, steps=steps)
    return replace(first, weights=weights, card=card, confidence=None)
