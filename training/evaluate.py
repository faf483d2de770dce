"""Free-running captions of a split, and what they score against the raw references."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn

from captioning import Captioner
from captioning.confidence import Reliability
from captioning.decoders import Decoder
from captioning.encoders import Encoder, mean_of_both_sides
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.torch_search import search
from captioning.vocabulary import Vocabulary, sentence
from training.batches import normalised
from training.calibration import known, reliability
from training.chair import Chair, chair
from training.datasets import Record
from training.metrics import Scores, score
from training.nouns import fits
from training.prepared import Split

_BATCH = 32

# Words that no English sentence ends in; a caption that does was cut or cheats its metric.
_DANGLING = frozenset(
    (
        "a an the of in on at by with from to into onto over under near through behind and or but "
        "while as for during against between beside his her their its"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Captions of a split and their quality."""

    captions: Mapping[str, str]
    """Of each photo, as a person sees it."""
    scores: Scores
    share_ended: float
    """Of captions that ended by themselves before the length limit."""
    share_repeating: float
    """Of captions that say one word twice in a row."""
    share_dangling: float
    """Of captions that end in an article, preposition or conjunction."""
    distinct_words: int
    """In all captions together."""
    chair: Chair
    """How much they name that no reference does."""
    reliability: Reliability | None = None
    """How well the model knows which of them fit; None where it tells no confidence."""


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Evaluations of one model on several datasets."""

    by_dataset: Mapping[str, Evaluation]

    def mean(self, tell: Callable[[Evaluation], float]) -> float:
        """The mean of a number over the datasets, each of which weighs alike."""
        return fmean(map(tell, self.by_dataset.values()))

    @property
    def cider(self) -> float:
        """What epochs and ways of decoding are chosen by."""
        return self.mean(lambda found: found.scores.cider)


@dataclass(frozen=True, slots=True)
class _Spoken:
    words: Sequence[str]
    finished: bool
    confidence: float | None = None


@torch.inference_mode()
def encode_split(encoder: Encoder, split: Split, preprocessing: Preprocessing) -> Tensor:
    """Features (N, P, C) of every photo of a prepared split."""
    encoder.eval()
    device = next(encoder.parameters()).device
    batches = []
    for start in range(0, len(split), _BATCH):
        photos = normalised(split.pixels[start : start + _BATCH], preprocessing, device)
        features = encoder(photos)
        if preprocessing.both_sides:
            features = mean_of_both_sides(features, encoder(photos.flip(3)))
        batches.append(features)
    return torch.cat(batches)


def evaluate_decoder(
    decoder: Decoder,
    vocabulary: Vocabulary,
    features: Tensor,
    split: Split,
    options: SearchOptions,
) -> Evaluation:
    """Caption a prepared split from its features, never shown a reference, and score it."""
    if isinstance(decoder, nn.Module):
        decoder.eval()
    spoken: list[_Spoken] = []
    rarity = vocabulary.rarity()
    for batch in torch.split(features, _BATCH):
        for ranked in search(decoder, batch, options, rarity):
            spoken.append(_Spoken(vocabulary.decode(ranked[0].tokens), ranked[0].finished))
    references = dict(zip(split.names, split.captions, strict=True))
    return _evaluation(dict(zip(split.names, spoken, strict=True)), references)


def encode_splits(
    encoder: Encoder, splits: Mapping[str, Split], preprocessing: Preprocessing
) -> dict[str, Tensor]:
    """`encode_split` of each dataset's."""
    return {name: encode_split(encoder, split, preprocessing) for name, split in splits.items()}


def evaluate_splits(
    decoder: Decoder,
    vocabulary: Vocabulary,
    features: Mapping[str, Tensor],
    splits: Mapping[str, Split],
    options: SearchOptions,
) -> Evaluations:
    """`evaluate_decoder` on each dataset."""
    return Evaluations(
        {
            name: evaluate_decoder(decoder, vocabulary, features[name], split, options)
            for name, split in splits.items()
        }
    )


def evaluate_captioner(
    captioner: Captioner,
    records: Sequence[Record],
    *,
    beam_size: int | None = None,
    block_ngram: int | None = None,
    logit_adjustment: float | None = None,
) -> Evaluation:
    """Caption photo files exactly as a user's photos are, and score the captions.

    Args:
        beam_size, block_ngram, logit_adjustment: the model's own when None.
    """
    spoken: dict[str, _Spoken] = {}
    for start in track(range(0, len(records), _BATCH), f"captioning with {captioner.name}"):
        batch = records[start : start + _BATCH]
        captions = captioner.caption(
            [record.image for record in batch],
            beam_size=beam_size,
            block_ngram=block_ngram,
            logit_adjustment=logit_adjustment,
        )
        for record, caption in zip(batch, captions, strict=True):
            spoken[record.name] = _Spoken(caption.words, caption.finished, caption.confidence)
    return _evaluation(spoken, {record.name: record.captions for record in records})


def _evaluation(
    spoken: Mapping[str, _Spoken], references: Mapping[str, Sequence[str]]
) -> Evaluation:
    captions = {
        name: sentence(caption.words, finished=caption.finished) for name, caption in spoken.items()
    }
    all_words = [caption.words for caption in spoken.values()]
    count = len(spoken)
    confidences = known([caption.confidence for caption in spoken.values()])
    fitting = np.array([fits(text, references[name]) for name, text in captions.items()])
    return Evaluation(
        captions=captions,
        scores=score(captions, references),
        share_ended=sum(caption.finished for caption in spoken.values()) / count,
        share_repeating=sum(any(a == b for a, b in pairwise(words)) for words in all_words) / count,
        share_dangling=sum(words[-1] in _DANGLING for words in all_words if words) / count,
        distinct_words=len({word for words in all_words for word in words}),
        chair=chair([captions[name] for name in references], list(references.values())),
        reliability=None if confidences is None else reliability(confidences, fitting),
    )
