"""One step of a training: gradients of its photos, part by part, then one change of the weights."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from captioning.checkpoint import Model
from training import processes
from training.batches import Augmentation
from training.config import Phase
from training.devices import mixed_precision
from training.objectives import Loss
from training.photo_sources import PhotoSource


@dataclass(frozen=True, slots=True)
class Updater:
    """Makes a phase's steps; several processes call it alike and each computes its own parts."""

    model: Model
    average: AveragedModel
    optimiser: Optimizer
    phase: Phase
    source: PhotoSource
    loss: Loss
    precision: str
    gradient_clip: float
    device: torch.device

    def step(self, rows: NDArray[np.int64], place: tuple[int, ...]) -> float:
        """Learn from the examples `rows`.

        Args:
            place: what makes the step's chance its own, so that a resumed training goes on as if
                it had never stopped.

        Returns:
            The number that the objective shows for the step: a loss, or a reward.
        """
        self.model.train()
        if not self.phase.train_batch_norm:
            self.model.encoder.eval()
        self.optimiser.zero_grad()
        shown = torch.zeros((), device=self.device)
        count = processes.process_count()
        parts = np.array_split(np.arange(len(rows)), self.phase.accumulation * count)
        torch.manual_seed(hash(place))
        draws = torch.rand(Augmentation.DRAWS, len(rows))
        for number in range(processes.process_number(), len(parts), count):
            part = parts[number]
            if not len(part):
                continue
            torch.manual_seed(hash((*place, number)))
            with mixed_precision(self.precision, self.device):
                seen = self.source(rows[part], draws[:, part])
            with mixed_precision(self._decoder_precision, self.device):
                loss, share = self.loss(self.model, seen, rows[part].tolist(), rows.tolist())
            loss.backward()
            shown += share
        trained = [value for group in self.optimiser.param_groups for value in group["params"]]
        shown = processes.sum_gradients(trained, shown)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.gradient_clip)
        self.optimiser.step()
        if self.phase.train_batch_norm:
            processes.average_buffers(self.model.encoder)
        self.average.update_parameters(self.model)
        return float(shown)

    @property
    def _decoder_precision(self) -> str:
        """torch has no bf16 for whole LSTM layers on a processor that would have to emulate it."""
        layers = self.model.decoder.modules()
        has_layers = any(isinstance(layer, nn.LSTM) for layer in layers)
        return "auto" if has_layers and self.precision == "bf16" else self.precision
