from pathlib import Path

import pytest
import torch
from torch import nn

from training.run_state import Progressed, RunError, load_state, save_state

CPU = torch.device("cpu")


def test_a_state_comes_back(tmp_path: Path) -> None:
    path, module = tmp_path / "state.pt", nn.Linear(2, 3)
    optimiser = torch.optim.Adam(module.parameters())
    module(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    progressed = Progressed(phase=1, epoch=2, step=3, best_cider=4.5)
    save_state(path, progressed, optimiser, {"model": module})
    assert [one.name for one in tmp_path.iterdir()] == ["state.pt"]
    other = nn.Linear(2, 3)
    found, of_optimiser = load_state(path, CPU, {"model": other})
    assert found == progressed
    assert torch.equal(other.weight, module.weight)
    assert of_optimiser is not None
    assert of_optimiser["state"][0]["step"] == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"<html>"])
def test_a_damaged_state_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"state\.pt is damaged, or of another version: delete it"):
        load_state(path, CPU, {})


def test_a_state_of_another_version_is_named(tmp_path: Path) -> None:
    torch.save({"progressed": {"unheard_of": 1}, "optimiser": None}, tmp_path / "state.pt")
    with pytest.raises(RunError, match="of another version"):
        load_state(tmp_path / "state.pt", CPU, {})
