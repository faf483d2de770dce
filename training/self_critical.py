"""Self-critical training: captions the model samples, rewarded by their CIDEr-D.

Source: Rennie et al., "Self-critical Sequence Training" (2017), with the mean reward of a photo's
other samples as baseline (Luo, "A Better Variant of Self-Critical Sequence Training", 2020), which
needs no greedy caption beside the samples.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pack_sequence

from captioning.checkpoint import Model
from captioning.decoders import Decoder
from captioning.vocabulary import BOS, EOS, PAD, UNK
from training.cider import CiderD

_MAX_LENGTH = 22
"""Words of a sampled caption; one that has not ended by then gets no credit for an end."""


class SelfCriticalLoss:
    """The policy gradient's surrogate loss.

    Args:
        captions: the word ids of every training photo's captions, in the photos' order.
        samples: captions drawn per photo and step; at least 2, since each is judged by the others.
    """

    def __init__(self, captions: Sequence[Sequence[Sequence[int]]], samples: int) -> None:
        if samples < 2:
            raise ValueError(f"self-critical training needs at least 2 samples: {samples}")
        references: Mapping[int, Sequence[Sequence[int]]] = dict(enumerate(captions))
        self._cider: CiderD[int] = CiderD(references, end=EOS)
        self._samples = samples

    def __call__(self, model: Model, features: Tensor, rows: Sequence[int]) -> tuple[Tensor, float]:
        """Sample captions for (I, P, C) features of the training photos `rows`.

        Returns:
            The loss, and the samples' mean CIDEr-D ×100.
        """
        count = self._samples
        owners = torch.arange(len(rows)).repeat_interleave(count)
        # Dropout would make the sampled policy another one than the policy that is improved.
        model.decoder.eval()
        sampled = sample(model.decoder, features.detach(), owners)
        rewards = torch.from_numpy(
            self._cider.scores(sampled, [rows[owner] for owner in owners.tolist()])
        ).float()
        grouped = rewards.view(-1, count)
        baseline = (grouped.sum(1, keepdim=True) - grouped) / (count - 1)
        advantage = (grouped - baseline).flatten()

        read = [torch.tensor([BOS, *words[:-1]]) for words in sampled]
        inputs = pack_sequence(read, enforce_sorted=False)
        said = pack_sequence([torch.tensor(words) for words in sampled], enforce_sorted=False)
        weight = pack_sequence(
            [value.expand(len(words)) for value, words in zip(advantage, sampled, strict=True)],
            enforce_sorted=False,
        )
        logits = _without_forbidden(model.decoder(features, owners, inputs))
        losses = functional.cross_entropy(logits, said.data, reduction="none")
        return (losses * weight.data).mean(), 100 * float(rewards.mean())


@torch.inference_mode()
def sample(decoder: Decoder, features: Tensor, owners: Tensor) -> list[list[int]]:
    """Draw one caption for each entry of `owners` (a row of `features`).

    Returns:
        Word ids; EOS is the last of those that ended.
    """
    state = tuple(part[owners] for part in decoder.start(features))
    tokens = torch.full((len(owners),), BOS)
    drawn = []
    ended = torch.zeros(len(owners), dtype=torch.bool)
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
    forbidden = torch.zeros(logits.shape[1], dtype=torch.bool)
    forbidden[[PAD, BOS, UNK]] = True
    return logits.masked_fill(forbidden, float("-inf"))
