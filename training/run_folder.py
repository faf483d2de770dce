"""The files of a training run."""

from dataclasses import dataclass
from pathlib import Path

from captioning import CaptioningError


class ModelError(CaptioningError):
    """A run holds nothing that could caption."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run keeps what; the folder need not exist yet."""

    path: Path

    @property
    def state(self) -> Path:
        """Everything to go on after an interruption: see `training.run_state`."""
        return self.path / "state.pt"

    @property
    def best(self) -> Path:
        """The checkpoint with the best dev CIDEr."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """The checkpoint of the last epoch, which is worth averaging with the best."""
        return self.path / "last.safetensors"

    @property
    def curve(self) -> Path:
        """One row an epoch: see `training.curve`."""
        return self.path / "curve.csv"

    @property
    def facts(self) -> Path:
        """What model cards tell of the training: see `training.run_facts`."""
        return self.path / "run.json"

    @property
    def report(self) -> Path:
        """The page of `caption-train report`."""
        return self.path / "report.html"

    def captioning(self) -> Path:
        """The checkpoint to caption with.

        Raises:
            ModelError: when there is none yet.
        """
        if not self.best.is_file():
            raise ModelError(
                f"{self.path} holds no {self.best.name}: let its training end an epoch with "
                "captions"
            )
        return self.best
