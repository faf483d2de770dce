"""BLEU, ROUGE-L and CIDEr as the field's ruler (pycocoevalcap) computes them, and a fast CIDEr-D.

Everything here starts from raw captions or tokens and needs no Java. Scores are on the scale that
papers print: 100 is a perfect BLEU or ROUGE-L, and CIDEr may go beyond 100.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cider import CiderD
from training.ptb import tokenise

__all__ = ["CiderD", "ImageScores", "Measurements", "Scores", "measure", "score", "score_each"]

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
    return measure(hypotheses, references).scores()


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What a corpus's scores are made of, by image, so that any choice of images can be scored."""

    bleu: NDArray[np.int64]
    """(N, 10): words, words of the reference closest in length, matched n-grams, n-grams."""
    rouge_l: NDArray[np.float64]
    """(N,), from 0 to 1."""
    cider: NDArray[np.float64]
    """(N,); words stay weighed by all N images."""

    def scores(self, times: NDArray[np.int64] | None = None) -> Scores:
        """Scores of the corpus in which image i stands ``times[i]`` times; once when None."""
        counts = np.ones(len(self.cider), np.int64) if times is None else times
        bleu = _bleu((counts @ self.bleu).tolist())
        return Scores(
            bleu1=100 * bleu[0],
            bleu2=100 * bleu[1],
            bleu3=100 * bleu[2],
            bleu4=100 * bleu[3],
            rouge_l=100 * float(counts @ self.rouge_l) / int(counts.sum()),
            cider=100 * float(counts @ self.cider) / int(counts.sum()),
        )


def measure(hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> Measurements:
    """Measure every image, in the order of ``references``; takes and raises what ``score`` does."""
    corpus = _Corpus(hypotheses, references)
    return Measurements(corpus.bleu(), np.array(corpus.rouge_l()), corpus.cider())


def score_each(
    hypotheses: Mapping[str, str], references: Mapping[str, Sequence[str]]
) -> dict[str, ImageScores]:
    """Score every image by itself, in the order of ``references``.

    Takes what ``score`` takes and raises what it raises. CIDEr still weighs words by the whole
    corpus.
    """
    measured = measure(hypotheses, references)
    rows = zip(
        references,
        measured.bleu.tolist(),
        measured.rouge_l.tolist(),
        measured.cider.tolist(),
        strict=True,
    )
    return {
        key: ImageScores(bleu4=100 * _bleu(bleu)[3], rouge_l=100 * rouge, cider=100 * cider)
        for key, bleu, rouge, cider in rows
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

    def bleu(self) -> NDArray[np.int64]:
        rows = [
            _bleu_counts(_words(hypothesis), [_words(reference) for reference in references])
            for hypothesis, references in zip(self.hypotheses, self.references, strict=True)
        ]
        return np.array(rows, np.int64)

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


def _bleu_counts(hypothesis: _Tokens, references: Sequence[_Tokens]) -> list[int]:
    """A row of ``Measurements.bleu``; sums over a corpus are all that a corpus needs."""
    matched = []
    for n in range(1, _LONGEST_NGRAM + 1):
        allowed: Counter[Hashable] = Counter()
        for reference in references:
            allowed |= _ngrams(reference, n)
        matched.append((_ngrams(hypothesis, n) & allowed).total())
    length = len(hypothesis)
    _, closest = min((abs(len(reference) - length), len(reference)) for reference in references)
    possible = [max(0, length - n + 1) for n in range(1, _LONGEST_NGRAM + 1)]
    return [length, closest, *matched, *possible]


def _ngrams(tokens: _Tokens, n: int) -> Counter[Hashable]:
    return Counter(zip(*(tokens[start:] for start in range(n)), strict=False))


def _bleu(counts: Sequence[int]) -> list[float]:
    """BLEU-1 … BLEU-4, from 0 to 1, of a row of ``Measurements.bleu`` or a sum of rows."""
    length, closest_length, *ngrams = counts
    ratio = (length + _TINY) / (closest_length + _SMALL)
    brevity_penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    product = 1.0
    bleu = []
    for n in range(_LONGEST_NGRAM):
        matched, possible = ngrams[n], ngrams[_LONGEST_NGRAM + n]
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
