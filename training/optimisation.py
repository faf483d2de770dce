"""Optimiser, learning-rate schedule and the moving average of the weights."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from captioning.checkpoint import Model
from training.config import Phase

_LAST_RATE = 0.05
"""What is left of the peak learning rate at the end of a phase."""


def build_optimiser(
    model: Model, phase: Phase, weight_decay: float, *helpers: nn.Module
) -> Optimizer:
    """AdamW over what the phase trains; vectors (biases, norms) are not decayed.

    Parameters of the model that the phase leaves alone stop requiring gradients.

    Args:
        helpers: what is trained beside the model, at the decoder's rate, and not shipped.
    """
    model.encoder.requires_grad_(False)
    if phase.encoder_lr > 0:
        for child in list(model.encoder.trunk)[phase.train_from :]:
            child.requires_grad_(True)
    groups: list[dict[str, Any]] = []
    rates: list[tuple[nn.Module, float]] = [(model.encoder, phase.encoder_lr)]
    rates += [(part, phase.decoder_lr) for part in (model.decoder, *helpers)]
    for part, rate in rates:
        trained = [parameter for parameter in part.parameters() if parameter.requires_grad]
        for parameters, decay in (
            ([parameter for parameter in trained if parameter.ndim > 1], weight_decay),
            ([parameter for parameter in trained if parameter.ndim <= 1], 0.0),
        ):
            if parameters:
                groups.append({"params": parameters, "peak": rate, "weight_decay": decay})
    # Fused: one pass over the memory instead of one an operation, half of a step on a processor.
    return AdamW(groups, lr=phase.decoder_lr, betas=(0.9, 0.98), fused=True)


def set_rates(optimiser: Optimizer, phase: Phase, step: int, share: float) -> None:
    """Linear warm-up, then half a cosine down to `_LAST_RATE` of the peak.

    Args:
        step: within the phase.
        share: of the phase that is over, in [0, 1].
    """
    factor = min(1.0, (step + 1) / phase.warmup_steps)
    factor *= _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def moving_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """The update of an exponential moving average, for `torch.optim.swa_utils.AveragedModel`.

    It forgets quickly at first: with the full decay from the start, the untrained weights would
    weigh on it for epochs.
    """

    @torch.no_grad()
    def update(averaged: list[Tensor], current: list[Tensor], count: Tensor) -> None:
        steps = int(count)
        kept = min(decay, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(averaged, current, 1 - kept)

    return update
