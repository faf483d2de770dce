"""Cross-entropy over a large vocabulary, in little memory.

torch's own keeps several copies of the (N, V) scores in fp32, which are as much memory as all the
rest of a decoder's step, and as slow to come by. Here the gradient is computed at once, a few rows
at a time, which stay in the processor's cache, and kept in the precision of the scores.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_ROWS = 128


def cross_entropy_sum(
    logits: Tensor, targets: Tensor, label_smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """What `torch.nn.functional.cross_entropy` gives with ``reduction="sum"``, in fp32.

    Args:
        logits: (N, V), of any floating type; they are not converted.
        targets: (N,), the right words' ids.
        weights: (N,), what each word's share is multiplied with; None for 1.
    """
    if weights is None:
        weights = torch.ones(len(targets), device=targets.device)
    total: Tensor = _CrossEntropySum.apply(logits, targets, label_smoothing, weights)  # type: ignore[no-untyped-call]
    return total


class _CrossEntropySum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, targets: Tensor, label_smoothing: float, weights: Tensor
    ) -> Tensor:
        gradient = torch.empty_like(logits)
        total = torch.zeros((), device=logits.device)
        certain, spread = 1 - label_smoothing, label_smoothing / logits.shape[1]
        tensors = (logits, targets, gradient, weights.unsqueeze(1))
        parts = zip(*(tensor.split(_ROWS) for tensor in tensors), strict=True)
        for scores, words, slopes, weight in parts:
            logs = scores.float().log_softmax(1)
            right = words.unsqueeze(1)
            each = certain * logs.gather(1, right) + spread * logs.sum(1, keepdim=True)
            total -= (weight * each).sum()
            # The slope is what was foretold less what was wanted.
            foretold = logs.exp_().sub_(spread)
            minus = foretold.new_full((1, 1), -certain).expand(len(words), 1)
            slopes.copy_(foretold.scatter_add_(1, right, minus).mul_(weight))
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * slope.to(gradient.dtype), None, None, None
