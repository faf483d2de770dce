"""Learning from a better model: what it sees and what it would say, as extra targets."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint, Model
from captioning.encoders import channels_last
from captioning.vocabulary import Vocabulary
from training.batches import resized
from training.errors import ConfigError
from training.run_facts import title_of

_TINY = 1e-12
"""Against division by zero only: features of an encoder with small weights are small too."""


class Teacher(nn.Module):
    """A trained model that never changes, and the map from a student's features to its own.

    Only the map is trained and saved.

    Args:
        teacher: a bundled model's name, or the path of a checkpoint.
        channels: length of the student's feature vectors.
        device: where both compute.

    Attributes:
        title: what model cards call it.

    Raises:
        UnknownModelError: when there is no such model.
        CheckpointError: when the file is damaged.
    """

    def __init__(self, teacher: str, channels: int, device: torch.device) -> None:
        super().__init__()
        checkpoint = Checkpoint.load(locate(teacher))
        model = channels_last(checkpoint.build().requires_grad_(False).to(device))
        # Held in a tuple, so that it is no submodule: neither saved nor put into training mode.
        self._teacher: tuple[Model] = (model,)
        self._name = teacher
        self.title = title_of(checkpoint.card)
        self._size = checkpoint.preprocessing.size
        self._vocabulary = checkpoint.vocabulary
        self.map = nn.Linear(channels, model.encoder.channels).to(device)

    def require_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Make sure that `log_probabilities` are of a student's words.

        Raises:
            ConfigError: when the teacher knows other words.
        """
        if self._vocabulary.words != vocabulary.words:
            raise ConfigError(
                f"the teacher {self._name} knows other words than the dataset: begin from a model "
                "with its words (start), or let phases imitate features only"
            )

    @torch.no_grad()
    def look(self, photos: Tensor) -> Tensor:
        """The teacher's features (B, P, C) of (B, 3, S, S) normalised photos."""
        features: Tensor = self._teacher[0].encoder(resized(photos, self._size))
        return features.float()

    def imitation(self, seen: Tensor, features: Tensor) -> Tensor:
        """How badly a student's features foretell the teacher's.

        Source: Romero et al., "FitNets: Hints for Thin Deep Nets" (2015): a student's features,
        through a linear map that is thrown away afterwards, imitate a teacher's.

        Args:
            seen: from `look`.
            features: (B, P, C), the student's, of a square grid.

        Returns:
            The mean squared error of the teacher's features, averaged over the photo and in each
            cell of the student's grid, each vector scaled to mean 0 and variance 1: 0 is perfect,
            and 1 no better than chance. Both kinds weigh alike.
        """
        # In fp32, since small errors are what is left to learn from.
        with torch.autocast(seen.device.type, enabled=False):
            photos, cells, channels = seen.shape
            height = math.isqrt(cells)
            grid = seen.transpose(1, 2).reshape(photos, channels, height, height)
            side, features = math.isqrt(features.shape[1]), features.float()
            pooled = functional.adaptive_avg_pool2d(grid, side).flatten(2).transpose(1, 2)
            wanted = torch.cat([seen.mean(1, keepdim=True), pooled], 1)
            wanted = functional.layer_norm(wanted, wanted.shape[2:], eps=_TINY)
            foretold = self.map(torch.cat([features.mean(1, keepdim=True), features], 1))
            errors: Tensor = (foretold.float() - wanted).square().mean(2)  # (B, 1 + P)
            return (errors[:, 0].mean() + errors[:, 1:].mean()) / 2

    @torch.no_grad()
    def probabilities(self, seen: Tensor, owners: Tensor, words: PackedSequence) -> Tensor:
        """The teacher's (N, V) probabilities of the words that follow, packed as `words`.

        Args:
            seen: from `look`.
            owners: (B,), the row of each caption's photo.
            words: what is read, as decoders read it.
        """
        logits: Tensor = self._teacher[0].decoder(seen, owners, words)
        return logits.float().softmax(1)
