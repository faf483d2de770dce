"""A finished model that learns other words than those it knows."""

from dataclasses import replace

import torch

from captioning.checkpoint import Checkpoint
from captioning.decoders import build_decoder
from captioning.vocabulary import SPECIAL_TOKENS, Vocabulary

_EMBEDDING, _BIAS = "decoder.embedding.weight", "decoder.bias"
WORD_ROWS = (_EMBEDDING, _BIAS)
"""The weights that have a row for each word."""
_SHYER = 0.5
"""How much smaller than an untrained decoder's the vectors of new words begin."""
_RARER = 0.5
"""How much less than the least likely of the known words new ones begin to be said, in nats."""


def with_words(checkpoint: Checkpoint, vocabulary: Vocabulary) -> Checkpoint:
    """The same model, saying the words of `vocabulary`.

    What it knows of a word goes with the word, whatever its place. New words begin so unlikely
    that the model captions as before until it is trained further; words that `vocabulary` lacks
    are forgotten.

    Raises:
        ValueError: for an imported decoder, whose words are to stay what they are.
    """
    if checkpoint.decoder_config.is_imported:
        raise ValueError("an imported decoder cannot learn other words")
    config = replace(checkpoint.decoder_config, vocabulary_size=len(vocabulary))
    fresh = build_decoder(config).state_dict()
    embedding = fresh["embedding.weight"] * _SHYER
    old_bias = checkpoint.weights[_BIAS]
    bias = torch.full_like(fresh["bias"], float(old_bias.min()) - _RARER)
    old = {word: row for row, word in enumerate(checkpoint.vocabulary.words)}
    kept = [row for row, word in enumerate(vocabulary.words) if word in old]
    known = [old[vocabulary.words[row]] for row in kept]
    embedding[kept] = checkpoint.weights[_EMBEDDING][known]
    bias[kept] = old_bias[known]
    return replace(
        checkpoint,
        decoder_config=config,
        vocabulary=vocabulary,
        weights={**checkpoint.weights, _EMBEDDING: embedding, _BIAS: bias},
    )


def grown(known: Vocabulary, others: Vocabulary) -> Vocabulary:
    """The words of `known`, at their places, and behind them those that only `others` has.

    Where it is known how often each of `known` was said, the new ones were said as often as
    `others` counts them, or not yet.
    """
    own = set(known.words)
    said = dict(zip(others.words[len(SPECIAL_TOKENS) :], others.counts, strict=False))
    new = [word for word in others.words if word not in own]
    counts = [*known.counts, *(said.get(word, 0) for word in new)] if known.counts else ()
    return Vocabulary([*known.words[len(SPECIAL_TOKENS) :], *new], counts)
