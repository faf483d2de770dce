"""Search with a decoder that is a torch module, on any device."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from captioning.decoder_protocol import Decoder, State
from captioning.search import (
    Forbidden,
    Hypothesis,
    Integers,
    Proposals,
    SearchOptions,
)
from captioning.search import search as search_proposals
from captioning.vocabulary import BOS, EOS, PAD, UNK


@torch.inference_mode()
def search(
    decoder: Decoder,
    features: Tensor,
    options: SearchOptions,
    rarity: Sequence[float] = (),
    *,
    brevity: float = 0.0,
) -> list[list[Hypothesis]]:
    """Decode captions for (B, P, C) features.

    Args:
        rarity: of each word of the vocabulary, from `Vocabulary.rarity`; what
            `options.logit_adjustment` is a share of.
        brevity: added to the end token's logit before every word.

    Returns:
        See `captioning.search.search`.
    """
    decoding = _TorchDecoding(decoder, features, options, rarity, brevity)
    return search_proposals(decoding, len(features), options)


class _TorchDecoding:
    def __init__(
        self,
        decoder: Decoder,
        features: Tensor,
        options: SearchOptions,
        rarity: Sequence[float],
        brevity: float,
    ) -> None:
        self._decoder = decoder
        self._device = features.device
        self._state: State = decoder.start(features)
        self._brevity = brevity
        adjustment = options.adjustment(rarity)
        self._adjustment = None if adjustment is None else self._moved(adjustment)
        self._proposals = options.proposals(adjusted=adjustment is not None)

    def step(self, words: Integers, parents: Integers, forbidden: Forbidden) -> Proposals:
        rows = self._moved(parents)
        state = tuple(part.index_select(0, rows) for part in self._state)
        logits, self._state, attention = self._decoder.step(self._moved(words), state)
        logits = logits.float()
        if self._brevity:
            logits = logits.clone()
            logits[:, EOS] += self._brevity
        allowed = logits.log_softmax(1)
        allowed[:, [PAD, BOS, UNK]] = float("-inf")
        if len(forbidden.rows):
            allowed[self._moved(forbidden.rows), self._moved(forbidden.words)] = float("-inf")
        values, ids = self._propose(allowed)
        return Proposals(
            values.cpu().numpy(),
            ids.cpu().numpy(),
            None if attention is None else attention.float().cpu().numpy(),
        )

    def keep(self, photos: Integers) -> None:
        """Nothing to do: all parts of the state have rows of hypotheses, which parents choose."""

    def _propose(self, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities and ids, each (N, k), of log-probabilities (N, V).

        They are ranked within each hypothesis: a long caption's score would round small differences
        between them away.
        """
        count = min(self._proposals, allowed.shape[1])
        if self._adjustment is None:
            values, ids = allowed.topk(count, dim=1)
            return values, ids
        ids = (allowed + self._adjustment).topk(count, dim=1).indices
        proposed, order = allowed.gather(1, ids).sort(dim=1, descending=True, stable=True)
        return proposed, ids.gather(1, order)

    def _moved(self, values: "np.typing.NDArray[np.generic]") -> Tensor:
        return torch.from_numpy(values).to(self._device)
