"""Learning from a better model: its encoder's features as extra targets.

Source: Romero et al., "FitNets: Hints for Thin Deep Nets" (2015): a student's features, through a
linear map that is thrown away afterwards, imitate a teacher's.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint
from captioning.encoders import channels_last
from training.batches import resized

_TINY = 1e-12
"""Against division by zero only: features of an encoder with small weights are small too."""


class FeatureTeacher(nn.Module):
    """A trained model's encoder, and the map from a student's features to its own.

    Only the map is trained and saved; the teacher itself never changes.

    Args:
        teacher: a bundled model's name, or the path of a checkpoint.
        channels: length of the student's feature vectors.
        device: where both compute.

    Raises:
        UnknownModelError: when there is no such model.
        CheckpointError: when the file is damaged.
    """

    def __init__(self, teacher: str, channels: int, device: torch.device) -> None:
        super().__init__()
        checkpoint = Checkpoint.load(locate(teacher))
        encoder = channels_last(checkpoint.build().encoder).requires_grad_(False).to(device)
        # Held in a tuple, so that it is no submodule: neither saved nor put into training mode.
        self._teacher = (encoder,)
        self._size = checkpoint.preprocessing.size
        self.map = nn.Linear(channels, encoder.channels).to(device)

    def forward(self, photos: Tensor, features: Tensor) -> Tensor:
        """How badly a student's features foretell the teacher's, both averaged over the grid.

        Args:
            photos: (B, 3, S, S), normalised and augmented as the student saw them.
            features: (B, P, C), the student's.

        Returns:
            The mean squared error of the teacher's features, each photo's scaled to mean 0 and
            variance 1: 0 is perfect, and 1 no better than chance.
        """
        with torch.no_grad():
            wanted = self._teacher[0](resized(photos, self._size)).mean(1)
            wanted = functional.layer_norm(wanted.float(), wanted.shape[1:], eps=_TINY)
        return functional.mse_loss(self.map(features.mean(1)).float(), wanted)
