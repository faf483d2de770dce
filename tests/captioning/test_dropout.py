import pytest
import torch

from captioning.dropout import Dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_values_are_dropped_by_chance_and_their_mean_stays(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    values = torch.ones(301, 333, dtype=dtype, requires_grad=True)
    kept = Dropout(p)(values)
    assert kept.dtype == dtype
    assert (kept == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert kept.float().mean().item() == pytest.approx(1, rel=0.05)
    kept.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, kept.detach())
    # No place is like another: eight values share a random number.
    for step in range(1, 9):
        flat = (kept == 0).flatten().float()
        together = (flat[step:] * flat[:-step]).mean().item()
        assert together == pytest.approx(p * p, abs=0.01)
    for place in range(8):
        assert flat[place::8].mean().item() == pytest.approx(p, abs=0.02)


def test_the_same_seed_drops_the_same() -> None:
    values, dropout = torch.ones(3, 7), Dropout(0.5)
    torch.manual_seed(1)
    first = dropout(values)
    assert not torch.equal(first, dropout(values))
    torch.manual_seed(1)
    assert torch.equal(first, dropout(values))


def test_nothing_is_dropped_in_use_or_without_a_share() -> None:
    values = torch.randn(4, 5)
    assert torch.equal(Dropout(0.5).eval()(values), values)
    assert torch.equal(Dropout(0.0)(values), values)
    assert Dropout(0.5)(values[:0]).shape == (0, 5)
