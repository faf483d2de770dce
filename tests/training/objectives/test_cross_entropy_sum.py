import pytest
import torch
from torch.nn import functional

from training.objectives.cross_entropy_sum import cross_entropy_sum


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", [1, 128, 300])
def test_value_and_gradient_are_torchs(rows: int, label_smoothing: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(rows, 40).mul_(4).requires_grad_()
    targets = torch.randint(0, 40, (rows,))
    results = []
    for loss in (
        cross_entropy_sum(logits, targets, label_smoothing),
        functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=label_smoothing),
    ):
        (gradient,) = torch.autograd.grad(loss * 3, logits)
        results.append((loss.detach(), gradient))
    torch.testing.assert_close(*results)


def test_scores_in_bf16_are_summed_in_fp32() -> None:
    torch.manual_seed(0)
    exact = torch.randn(200, 40).to(torch.bfloat16)
    targets = torch.randint(0, 40, (200,))
    logits = exact.clone().requires_grad_()
    loss = cross_entropy_sum(logits, targets, 0.1)
    assert loss.dtype == torch.float32
    expected = functional.cross_entropy(
        exact.float(), targets, reduction="sum", label_smoothing=0.1
    )
    torch.testing.assert_close(loss.detach(), expected)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.dtype == torch.bfloat16
    assert logits.grad.float().sum(1).abs().max() < 0.02  # what is foretold sums to 1


def test_words_count_by_their_weights() -> None:
    torch.manual_seed(0)
    logits = torch.randn(200, 40).requires_grad_()
    targets, weights = torch.randint(0, 40, (200,)), torch.rand(200)
    each = functional.cross_entropy(logits, targets, reduction="none", label_smoothing=0.1)
    results = []
    for loss in (cross_entropy_sum(logits, targets, 0.1, weights), (weights * each).sum()):
        (gradient,) = torch.autograd.grad(loss, logits)
        results.append((loss.detach(), gradient))
    torch.testing.assert_close(*results)
