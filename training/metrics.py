"""BLEU, ROUGE-L and CIDEr as the field's ruler (pycocoevalcap) computes them, and a fast CIDEr-D.

Everything here starts from raw captions or tokens and needs no Java. Scores are on the scale that
papers print: 100 is a perfect BLEU or ROUGE-L, and CIDEr may go beyond 100.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.cider import CiderD
from training.ptb import tokenise

__all__ = ["CiderD", "ImageScores", "Scores", "score", "score_each"]

_LONGEST_NGRAM = 4
_ROUGE_BETA = 1.2
# The ruler's guards against division by zero; they decide the last digits, so they are part of it.
_TINY = 1e-15
_SMALL = 1e-9

_Tokens = Sequence[str]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a whole corpus, times 100."""

    bleu1: float
    bleu2: float
    bleu3: float
    bleu4: float
    rouge_l: float
    cider: float


@dataclass(frozen=True, slots=True)
class ImageScores:
    """Scores of one caption, times 100.

    The mean of ``rouge_l`` and ``cider`` over a corpus is the corpus score; BLEU is not a mean.
    """

    bleu4: float
    rouge_l: float
    cider: float


def score(hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> Scores:
    """Score one caption per image against all its references.

    Both mappings are keyed by image and hold raw captions, which are tokenised here. A caption
    without words scores 0. CIDEr weighs words by how few images mention them, so that it is 0 for
    a corpus of one image and comparable only between runs over the same images.

    Raises:
        ValueError: no images, different images in the two mappings, or an image without references.
    """
    corpus = _Corpus(hypotheses, references)
    bleu = _bleu(corpus.statistics())
    return Scores(
        bleu1=100 * bleu[0],
        bleu2=100 * bleu[1],
        bleu3=100 * bleu[2],
        bleu4=100 * bleu[3],
        rouge_l=100 * float(np.mean(corpus.rouge_l())),
        cider=100 * float(np.mean(corpus.cider())),
    )


def score_each(
    hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]
) -> dict[str, ImageScores]:
    """Score every image by itself, in the order of ``references``.

    Takes what ``score`` takes and raises what it raises. CIDEr still weighs words by the whole
    corpus.
    """
    corpus = _Corpus(hypotheses, references)
    bleu4 = [_bleu([statistics])[3] for statistics in corpus.statistics()]
    return {
        key: ImageScores(bleu4=100 * bleu, rouge_l=100 * rouge, cider=100 * cider)
        for key, bleu, rouge, cider in zip(
            references, bleu4, corpus.rouge_l(), corpus.cider().tolist(), strict=True
        )
    }


class _Corpus:
    """Checked and tokenised captions, both mappings in the order of the references."""

    def __init__(
        self, hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]
    ) -> None:
        _check(hypotheses, references)
        self.hypotheses = [tokenise(hypotheses[key]) for key in references]
        self.references = [
            [tokenise(caption) for caption in captions] for captions in references.values()
        ]

    def statistics(self) -> list["_BleuStatistics"]:
        return [
            _bleu_statistics(_words(hypothesis), [_words(reference) for reference in references])
            for hypothesis, references in zip(self.hypotheses, self.references, strict=True)
        ]

    def rouge_l(self) -> list[float]:
        return list(map(_rouge_l, self.hypotheses, self.references))

    def cider(self) -> np.ndarray:
        # The ruler's "CIDEr" is CIDEr-D with document frequencies from the references it is given.
        references = {
            index: [_words(reference) for reference in group]
            for index, group in enumerate(self.references)
        }
        return CiderD(references).scores(list(map(_words, self.hypotheses)), list(references))


def _words(tokens: _Tokens) -> _Tokens:
    """Tokens split at no-break spaces as well, as the ruler does for BLEU and CIDEr only."""
    return " ".join(tokens).split()


def _check(hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> None:
    if not references:
        raise ValueError("There is nothing to score: no references were given.")
    if missing := references.keys() - hypotheses.keys():
        raise ValueError(f"No caption was given for {_some(missing)}.")
    if unknown := hypotheses.keys() - references.keys():
        raise ValueError(f"There are no references for {_some(unknown)}.")
    for key, captions in references.items():
        if isinstance(captions, str):
            raise ValueError(f"The references of image {key!r} must be a list of captions.")
        if not captions:
            raise ValueError(f"Image {key!r} has an empty list of references.")


def _some(keys: set[str]) -> str:
    shown = ", ".join(repr(key) for key in sorted(keys)[:3])
    return f"{len(keys)} of the images ({shown}{', …' if len(keys) > 3 else ''})"


@dataclass(frozen=True, slots=True)
class _BleuStatistics:
    """What BLEU needs to know of one caption; sums over a corpus are all that a corpus needs."""

    length: int
    closest_length: int
    matched: tuple[int, ...]  # n-grams also in a reference, for n = 1 … 4
    possible: tuple[int, ...]  # n-grams in the caption, for n = 1 … 4


def _bleu_statistics(hypothesis: _Tokens, references: Sequence[_Tokens]) -> _BleuStatistics:
    matched = []
    for n in range(1, _LONGEST_NGRAM + 1):
        allowed: Counter[Hashable] = Counter()
        for reference in references:
            allowed |= _ngrams(reference, n)
        matched.append((_ngrams(hypothesis, n) & allowed).total())
    length = len(hypothesis)
    _, closest = min((abs(len(reference) - length), len(reference)) for reference in references)
    possible = tuple(max(0, length - n + 1) for n in range(1, _LONGEST_NGRAM + 1))
    return _BleuStatistics(length, closest, tuple(matched), possible)


def _ngrams(tokens: _Tokens, n: int) -> Counter[Hashable]:
    return Counter(zip(*(tokens[start:] for start in range(n)), strict=False))


def _bleu(corpus: Sequence[_BleuStatistics]) -> list[float]:
    """BLEU-1 … BLEU-4, from 0 to 1."""
    length = sum(statistics.length for statistics in corpus)
    closest_length = sum(statistics.closest_length for statistics in corpus)
    ratio = (length + _TINY) / (closest_length + _SMALL)
    brevity_penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    product = 1.0
    bleu = []
    for n in range(_LONGEST_NGRAM):
        matched = sum(statistics.matched[n] for statistics in corpus)
        possible = sum(statistics.possible[n] for statistics in corpus)
        product *= (matched + _TINY) / (possible + _SMALL)
        bleu.append(product ** (1 / (n + 1)) * brevity_penalty)
    return bleu


def _rouge_l(hypothesis: _Tokens, references: Sequence[_Tokens]) -> float:
    """ROUGE-L from 0 to 1: best precision and best recall, not always of the same reference."""
    # To the ruler a caption without words is one empty word: it matches another such caption.
    hypothesis = hypothesis or [""]
    precision = recall = 0.0
    for reference in references:
        reference = reference or [""]
        common = _longest_common_subsequence(hypothesis, reference)
        precision = max(precision, common / len(hypothesis))
        recall = max(recall, common / len(reference))
    if not precision:
        return 0.0
    weight = _ROUGE_BETA**2
    return (1 + weight) * precision * recall / (recall + weight * precision)


def _longest_common_subsequence(first: _Tokens, second: _Tokens) -> int:
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]
