"""Making rare words as likely as the photo alone would make them."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from captioning import CaptioningError
from captioning.decoders import AnyDecoder, AttentionDecoder, LSTMDecoder
from captioning.vocabulary import EOS

COMMON = 0.003
"""Share of all words above which a word is common. Some fifty are: "a", "on", "dog", "two"."""


def log_word_prior(captions: Iterable[Sequence[int]], vocabulary_size: int) -> Tensor:
    """How often each word is said in `captions`, (V,): natural logarithms of shares of all words.

    The end counts as a word of each caption. A word that is never said counts as said once.
    """
    counts = torch.ones(vocabulary_size)
    for words in captions:
        counts += torch.bincount(torch.tensor([*words, EOS]), minlength=vocabulary_size)
    return (counts / counts.sum()).log()


@torch.no_grad()
def discount_frequent_words(decoder: AnyDecoder, log_prior: Tensor, strength: float) -> None:
    """Raise each rarer word's score by `strength` times how many e-folds it is rarer, for good.

    Trained on few captions, a decoder prefers frequent words to fitting ones. Source: Menon et al.,
    "Long-tail learning via logit adjustment" (2021), the adjustment after training; here it goes
    into the bias of the output layer, and leaves alone what is more frequent than `COMMON`: a
    caption needs its articles and prepositions, and its end, as often as it was trained to.

    Args:
        log_prior: (V,), from `log_word_prior`.
        strength: 0 changes nothing; 1 removes the whole preference.

    Raises:
        CaptioningError: for a decoder that is not trained here.
    """
    if not isinstance(decoder, LSTMDecoder | AttentionDecoder):
        raise CaptioningError("the seed's decoders can only be run: train kind lstm or attention")
    rarity = (math.log(COMMON) - log_prior).clamp(min=0)
    decoder.bias.add_(strength * rarity.to(decoder.bias.device))
