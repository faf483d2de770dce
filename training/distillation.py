"""Learning from a better model: what it sees and what it would say, as extra targets."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint, Model
from captioning.encoders import channels_last
from captioning.vocabulary import UNK, Vocabulary
from training.batches import resized
from training.errors import ConfigError
from training.photo_sources import Seen
from training.prepared import Split
from training.run_facts import title_of
from training.strong_network import StrongNetwork

_TINY = 1e-12
"""Against division by zero only: features of an encoder with small weights are small too."""


View = Callable[[Seen, Sequence[int]], Tensor]
"""What a teacher sees in photos, (B, P, C): of photos as a step shows them, and their rows."""


class Teacher(nn.Module, ABC):
    """A network that never changes, and the map from a student's features to its own.

    Only the map is trained and saved.

    Attributes:
        title: what model cards call it.
    """

    title: str
    map: nn.Linear

    @abstractmethod
    def view(self, photos: Split | None, cache: Path) -> View:
        """How it sees the photos of a phase.

        Args:
            cache: folder for what is computed of them once.
        """

    @abstractmethod
    def imitation(self, seen: Tensor, features: Tensor) -> Tensor:
        """How badly a student's features foretell the teacher's: 0 is perfect, 1 is chance.

        Source: Romero et al., "FitNets: Hints for Thin Deep Nets" (2015): a student's features,
        through a linear map that is thrown away afterwards, imitate a teacher's.

        Args:
            seen: from a `View`.
            features: (B, P, C), the student's, of a square grid.

        Returns:
            The mean squared error of the teacher's features, each scaled to mean 0 and variance 1;
            a scalar.
        """

    def errors(self, seen: Tensor, features: Tensor) -> Tensor:
        """(B, P) mean squared errors of (B, P, C) features `seen`, foretold from the student's.

        In fp32, since small errors are what is left to learn from.
        """
        with torch.autocast(seen.device.type, enabled=False):
            wanted = functional.layer_norm(seen.float(), seen.shape[2:], eps=_TINY)
            foretold: Tensor = self.map(features.float())
            return (foretold - wanted).square().mean(2)


class ModelTeacher(Teacher):
    """A trained captioning model.

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
        model = channels_last(checkpoint.build().requires_grad_(False).to(device))
        # Held in a tuple, so that it is no submodule: neither saved nor put into training mode.
        self._teacher: tuple[Model] = (model,)
        self._name = teacher
        self.title = title_of(checkpoint.card)
        self._size = checkpoint.preprocessing.size
        self._vocabulary = checkpoint.vocabulary
        self._spoken = len(self._vocabulary)
        self.map = nn.Linear(channels, model.encoder.channels).to(device)

    def require_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Make sure that `probabilities` are of a student's words.

        The student may know more words behind the teacher's own, which the teacher never says.

        Raises:
            ConfigError: when the teacher knows other words.
        """
        self._spoken = len(vocabulary)
        if self._vocabulary.words != vocabulary.words[: len(self._vocabulary)]:
            raise ConfigError(
                f"the teacher {self._name} knows other words than the dataset: begin from a model "
                "with its words (start), or let phases imitate features only"
            )

    def view(self, photos: Split | None, cache: Path) -> View:
        return lambda seen, rows: self.look(seen.required_photos())

    @torch.no_grad()
    def look(self, photos: Tensor) -> Tensor:
        """The teacher's features (B, P, C) of (B, 3, S, S) normalised photos."""
        features: Tensor = self._teacher[0].encoder(resized(photos, self._size))
        return features.float()

    def imitation(self, seen: Tensor, features: Tensor) -> Tensor:
        """Averaged over the photo, and in each cell of the student's grid; both weigh alike."""
        photos, cells, channels = seen.shape
        height, side = math.isqrt(cells), math.isqrt(features.shape[1])
        grid = seen.transpose(1, 2).reshape(photos, channels, height, height)
        pooled = functional.adaptive_avg_pool2d(grid, side).flatten(2).transpose(1, 2)
        wanted = torch.cat([seen.mean(1, keepdim=True), pooled], 1)
        errors = self.errors(wanted, _with_mean(features))  # (B, 1 + P)
        return (errors[:, 0].mean() + errors[:, 1:].mean()) / 2

    @torch.no_grad()
    def probabilities(self, seen: Tensor, owners: Tensor, words: PackedSequence) -> Tensor:
        """The teacher's (N, V) probabilities of the words that follow, packed as `words`.

        Args:
            seen: from `look`.
            owners: (B,), the row of each caption's photo.
            words: what is read, as decoders read it.
        """
        known = len(self._vocabulary)
        unknown = words.data >= known
        words = words._replace(data=words.data.masked_fill(unknown, UNK))
        logits: Tensor = self._teacher[0].decoder(seen, owners, words)
        return functional.pad(logits.float().softmax(1), (0, self._spoken - known))


class FormerSelf(ModelTeacher):
    """The model that a student goes on from, while it keeps that one's encoder as it is.

    It sees what the student sees, so that cached features do.
    """

    def view(self, photos: Split | None, cache: Path) -> View:
        return lambda seen, rows: seen.features.float()


def _with_mean(features: Tensor) -> Tensor:
    """(B, P, C) → (B, 1 + P, C)."""
    features = features.float()
    return torch.cat([features.mean(1, keepdim=True), features], 1)


class NetworkTeacher(Teacher):
    """A strong network, see `training.strong_network`, that says nothing, but sees more.

    It looks at each photo once, as a whole; a student imitates that from any crop of it.

    Args:
        path: the network's file.
        channels: length of the student's feature vectors.
        device: where the student computes.

    Raises:
        NetworkError: when there is no such network.
    """

    def __init__(self, path: Path, channels: int, device: torch.device) -> None:
        super().__init__()
        self._network = StrongNetwork(path)
        self._device = device
        self.title = self._network.title
        self.map = nn.Linear(channels, self._network.channels).to(device)

    def view(self, photos: Split | None, cache: Path) -> View:
        assert photos is not None
        # By parts, as pairing looks at them.
        parts = photos.parts or (photos,)
        pooled = np.concatenate([self._network.views(part, cache).mean for part in parts])

        def look(seen: Seen, rows: Sequence[int]) -> Tensor:
            chosen = pooled[np.array(rows, np.int64)]
            return torch.from_numpy(chosen).to(self._device).float().unsqueeze(1)

        return look

    def imitation(self, seen: Tensor, features: Tensor) -> Tensor:
        """Averaged over the photo."""
        return self.errors(seen, features.float().mean(1, keepdim=True)).mean()
