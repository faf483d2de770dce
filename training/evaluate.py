"""Free-running captions of a split, and what they score against the raw references."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from captioning.checkpoint import Model
from captioning.images import Preprocessing
from captioning.search import SearchOptions, search
from captioning.vocabulary import Vocabulary, sentence
from training.batches import normalised
from training.metrics import Scores, score
from training.prepare import Split

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Captions of a split and their quality."""

    captions: dict[str, str]
    """Of each photo, as a person sees it."""
    scores: Scores
    share_ended: float
    """Of captions that ended by themselves before the length limit."""
    share_repeating: float
    """Of captions that say one word twice in a row."""
    distinct_words: int
    """In all captions together."""


def evaluate_model(
    model: Model,
    vocabulary: Vocabulary,
    split: Split,
    preprocessing: Preprocessing,
    options: SearchOptions,
) -> Evaluation:
    """Caption every photo of a prepared split, never shown a reference, and score the captions."""
    was_training = model.training
    model.eval()
    captions: dict[str, str] = {}
    ended = repeating = 0
    seen: Counter[str] = Counter()
    for start in range(0, len(split), _BATCH):
        names = split.names[start : start + _BATCH]
        features = _encode(model, normalised(split.pixels[start : start + _BATCH], preprocessing))
        for name, ranked in zip(names, search(model.decoder, features, options), strict=True):
            words = vocabulary.decode(ranked[0].tokens)
            captions[name] = sentence(words, finished=ranked[0].finished)
            ended += ranked[0].finished
            repeating += any(a == b for a, b in pairwise(words))
            seen.update(words)
    model.train(was_training)
    references = dict(zip(split.names, split.captions, strict=True))
    return Evaluation(
        captions=captions,
        scores=score(captions, references),
        share_ended=ended / len(captions),
        share_repeating=repeating / len(captions),
        distinct_words=len(seen),
    )


@torch.inference_mode()
def _encode(model: Model, pixels: Tensor) -> Tensor:
    features: Tensor = model.encoder(pixels)
    return features
