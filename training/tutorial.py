"""Training the way the field's tutorials do it, to measure ours against.

An item is one caption with its photo, so the photo's file is decoded and the encoder runs once per
caption, in fp32, eagerly, in torch's default memory layout, and nothing is kept for the next epoch.
Captions are padded to the longest of their batch; the decoder makes one step after the other over
the padding too, and attention projects the whole grid again at each. The model, the size of its
input and the loss are ours.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from captioning.checkpoint import Model
from captioning.decoders import State
from captioning.images import Preprocessing, open_image, pixels
from captioning.vocabulary import BOS, EOS, PAD

BATCH = 32
"""Captions in a step."""
_LEARNING_RATE = 4e-4
_LARGEST_NORM = 5.0


class TutorialTraining:
    """Trains a copy of `model`.

    Args:
        photos: files of the training photos.
        captions: the word ids of every photo's captions, in the photos' order.
        fine_tune: whether the encoder is trained as well.
    """

    def __init__(
        self,
        model: Model,
        photos: Sequence[Path],
        captions: Sequence[Sequence[Sequence[int]]],
        preprocessing: Preprocessing,
        device: torch.device,
        *,
        fine_tune: bool,
    ) -> None:
        # torch's type stubs lack the argument.
        plain = deepcopy(model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.model: Model = plain.to(device)
        self.model.encoder.requires_grad_(fine_tune)
        trained = [value for value in self.model.parameters() if value.requires_grad]
        self._optimiser = torch.optim.Adam(trained, _LEARNING_RATE)
        self._photos, self._captions = photos, captions
        self._preprocessing, self._device = preprocessing, device

    def step(self, items: Sequence[tuple[int, int]]) -> float:
        """Learn from captions, each given as a photo's row and the caption's number.

        Returns:
            The mean loss of a word.
        """
        self.model.decoder.train()
        # Batch-norm statistics stay those of the start, as ours do.
        self.model.encoder.eval()
        loss = self.loss(items)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), _LARGEST_NORM)
        self._optimiser.step()
        return float(loss.detach())

    def loss(self, items: Sequence[tuple[int, int]]) -> Tensor:
        images = [open_image(self._photos[row], target_side=None) for row, _ in items]
        photos = torch.from_numpy(pixels(images, self._preprocessing)).to(self._device)
        words = [self._captions[row][number] for row, number in items]
        inputs = _padded([[BOS, *caption] for caption in words], self._device)  # (B, T)
        targets = _padded([[*caption, EOS] for caption in words], self._device)
        features = self.model.encoder(photos)
        state: State = self.model.decoder.start(features)
        logits = []
        for step in range(inputs.shape[1]):
            state = self._with_fresh_keys(state)
            scores, state, _ = self.model.decoder.step(inputs[:, step], state)
            logits.append(scores)
        return functional.cross_entropy(
            torch.stack(logits, 1).flatten(0, 1), targets.flatten(), ignore_index=PAD
        )

    def _with_fresh_keys(self, state: State) -> State:
        """Attention's keys projected again, as a module that is called word by word does."""
        key = getattr(self.model.decoder, "key", None)
        if key is None:
            return state
        h, c, features, _ = state
        return h, c, features, key(features)


def _padded(captions: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    rows = [torch.tensor(caption) for caption in captions]
    return pad_sequence(rows, batch_first=True, padding_value=PAD).to(device)
