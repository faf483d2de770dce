"""Self-critical training: captions the model samples, rewarded by their CIDEr-D.

Source: Rennie et al., "Self-critical Sequence Training" (2017), with the mean reward of a photo's
other samples as baseline (Luo, "A Better Variant of Self-Critical Sequence Training", 2020), which
needs no greedy caption beside the samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pack_sequence

from captioning.checkpoint import Model
from captioning.decoders import Decoder
from captioning.vocabulary import BOS, EOS, PAD, UNK
from training.cider import CiderD
from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.photo_sources import Seen

_MAX_LENGTH = 22
"""Words of a sampled caption; one that has not ended by then gets no credit for an end."""


@dataclass(frozen=True, slots=True)
class SelfCritical(Objective):
    """CIDEr-D of sampled captions."""

    kind: ClassVar[str] = "self-critical"
    shows: ClassVar[Literal["loss", "reward"]] = "reward"

    samples: int = 5
    """Captions drawn per photo and step; each is judged by the others."""

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ConfigError("self-critical training needs samples of at least 2")

    def loss(self, materials: Materials) -> Loss:
        return SelfCriticalLoss(materials.captions, self.samples)


class SelfCriticalLoss(Loss):
    """The policy gradient's surrogate loss.

    Args:
        captions: the word ids of every training photo's captions, in the photos' order.
        samples: captions drawn per photo and step, at least 2.
    """

    def __init__(self, captions: Sequence[Sequence[Sequence[int]]], samples: int) -> None:
        references: Mapping[int, Sequence[Sequence[int]]] = dict(enumerate(captions))
        self._cider: CiderD[int] = CiderD(references, end=EOS)
        self._samples, self.examples = samples, range(len(captions))
        lengths = [len(words) + 1 for group in captions for words in group]  # with EOS
        self._length = sum(lengths) / len(lengths)

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Sample captions for what is seen in `rows`, a part of the photos of a `step`.

        Returns:
            The part's shares of the step's loss and of the samples' mean CIDEr-D ×100.
        """
        features = seen.features.float()
        count, device = self._samples, features.device
        owners = torch.arange(len(rows), device=device).repeat_interleave(count)
        # Dropout would make the sampled policy another one than the policy that is improved.
        model.decoder.eval()
        sampled = sample(model.decoder, features.detach(), owners)
        # Weights that autocast converted while sampling carry no gradients.
        torch.clear_autocast_cache()
        rewards = torch.from_numpy(
            self._cider.scores(sampled, [rows[owner] for owner in owners.tolist()])
        ).float()
        grouped = rewards.view(-1, count)
        baseline = (grouped.sum(1, keepdim=True) - grouped) / (count - 1)
        advantage = (grouped - baseline).flatten()

        read = [torch.tensor([BOS, *words[:-1]]) for words in sampled]
        spoken = [torch.tensor(words) for words in sampled]
        weights = [value.expand(len(words)) for value, words in zip(advantage, spoken, strict=True)]
        inputs, said, weight = (
            pack_sequence(sequences, enforce_sorted=False).to(device)  # type: ignore[arg-type]
            for sequences in (read, spoken, weights)
        )
        logits = _without_forbidden(model.decoder(features, owners, inputs))
        losses = functional.cross_entropy(logits, said.data, reduction="none")
        drawn = count * len(step)
        # By the captions' usual length, not by what was drawn, which no other part knows; a policy
        # that talks longer must not see its gradients shrink either.
        return (losses * weight.data).sum() / (drawn * self._length), 100 * rewards.sum() / drawn


@torch.inference_mode()
def sample(decoder: Decoder, features: Tensor, owners: Tensor) -> list[list[int]]:
    """Draw one caption for each entry of `owners` (a row of `features`).

    Returns:
        Word ids; EOS is the last of those that ended.
    """
    state = tuple(part[owners] for part in decoder.start(features))
    tokens = torch.full((len(owners),), BOS, device=features.device)
    drawn = []
    ended = torch.zeros_like(tokens, dtype=torch.bool)
    for _ in range(_MAX_LENGTH):
        logits, state, _ = decoder.step(tokens, state)
        tokens = torch.multinomial(_without_forbidden(logits).softmax(1), 1).squeeze(1)
        drawn.append(tokens.masked_fill(ended, PAD))
        ended |= tokens == EOS
        if bool(ended.all()):
            break
    return [[word for word in row if word != PAD] for row in torch.stack(drawn, 1).tolist()]


def _without_forbidden(logits: Tensor) -> Tensor:
    """What search never says must not be sampled either."""
    forbidden = torch.zeros(logits.shape[1], dtype=torch.bool, device=logits.device)
    forbidden[[PAD, BOS, UNK]] = True
    return logits.float().masked_fill(forbidden, float("-inf"))
