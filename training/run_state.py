"""How far a training has come, kept with its weights in ``state.pt``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from captioning import CaptioningError


class RunError(CaptioningError):
    """A run cannot be gone on with."""


@dataclass(slots=True)
class Progressed:
    """Where a training is."""

    phase: int = 0
    epoch: int = 0
    step: int = 0
    """Within the epoch."""
    total_steps: int = 0
    best_cider: float = float("-inf")
    epochs_without_gain: int = 0
    objective_sum: float = 0.0
    """Of the epoch's measured steps: their losses, or rewards where these are trained on."""
    measured_steps: int = 0

    def begin_epoch(self, phase: int, epoch: int) -> None:
        self.phase, self.epoch, self.step = phase, epoch, 0
        self.objective_sum, self.measured_steps = 0.0, 0

    @property
    def mean_objective(self) -> float | None:
        return self.objective_sum / self.measured_steps if self.measured_steps else None


def save_state(
    path: Path,
    progressed: Progressed,
    optimiser: Optimizer | None,
    modules: Mapping[str, nn.Module],
) -> None:
    """Write everything to go on from, through a temporary neighbour.

    Args:
        optimiser: None between two phases, since each has its own.
    """
    state: dict[str, Any] = {name: module.state_dict() for name, module in modules.items()}
    state["progressed"] = asdict(progressed)
    state["optimiser"] = optimiser.state_dict() if optimiser else None
    temporary = path.with_name(path.name + ".part")
    torch.save(state, temporary)
    temporary.replace(path)


def load_state(
    path: Path, device: torch.device, modules: Mapping[str, nn.Module]
) -> tuple[Progressed, dict[str, Any] | None]:
    """Fill `modules` from what `save_state` wrote; one that the file lacks stays as it is.

    Returns:
        Where the training is, and the optimiser's state.

    Raises:
        RunError: when the run was begun with another architecture, or the file is damaged.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        progressed = Progressed(**state["progressed"])
    except Exception as error:  # torch's reader may raise anything at what is no such file
        raise RunError(
            f"{path} is damaged, or of another version: delete it to begin the run again"
        ) from error
    try:
        for name, module in modules.items():
            if state.get(name):
                module.load_state_dict(state[name])
    except RuntimeError as error:
        raise RunError(
            f"{path.parent} holds a training of another encoder or decoder: choose another folder "
            "with --run, or delete it"
        ) from error
    return progressed, state["optimiser"]
