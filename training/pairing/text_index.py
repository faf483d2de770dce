"""Texts that can be searched by the words a photo's captions would say."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning.vocabulary import tokenise
from training.pairing.content_words import ContentWords

CANDIDATES = 50
"""Texts among which a photo's are chosen."""
_Ngram = str | tuple[str, str]

_PHOTOS = 200
"""Searched at once: a matrix of all texts for so many photos lies in memory."""
_SOFTNESS = 4.0
"""By how much less likely, in nats, a text must be than the best to weigh 1/e of it."""
_TINY = 1e-4, 1e-3
"""Added to the chances that a word is said and is not, which are never certain."""


class TextIndex:
    """Texts by their content words, and by the words and pairs of words that they are written in.

    Args:
        texts: each different from the others.
    """

    def __init__(self, texts: Sequence[str], words: ContentWords) -> None:
        self._texts = texts
        said = [words.of(text) for text in texts]
        self._said = _sparse(said, len(words))
        counts = torch.zeros(len(words)).index_add_(
            0, self._said.col_indices(), self._said.values()
        )
        self._prior = counts / len(texts)
        self._ngrams, self._weights, self._starts = _tf_idf(texts)

    def choose(self, chances: Tensor, keep: int) -> list[list[str]]:
        """For each photo the texts that fit it, the best first.

        Each text is scored by the log-likelihood of its content words, taken as independent, for
        the photo against that among all texts. Of the `CANDIDATES` best, those most like all of
        them are chosen: a consensus, which says what is sure and leaves out what one text adds
        (Devlin et al., "Exploring Nearest Neighbor Approaches for Image Captioning", 2015; there
        the candidates are captions of similar photos, and CIDEr or BLEU tell what is alike).

        Args:
            chances: (N, W), of each word to be said of a photo.
            keep: texts chosen for a photo.
        """
        chosen = []
        for part in chances.split(_PHOTOS):
            scores, best = self._scores(part).topk(min(CANDIDATES, len(self._texts)), 1)
            for photo, rows in zip(scores.double().numpy(), best.numpy(), strict=True):
                # Texts of the same content words tie: the first of them comes first.
                order = np.lexsort((rows, -photo))
                chosen.append(self._consensus(rows[order], photo[order], keep))
        return chosen

    def _scores(self, chances: Tensor) -> Tensor:
        """(N, texts) log-likelihood ratios, but for what is the same for all texts of a photo."""
        said, unsaid = (
            ((part + tiny) / (prior + tiny)).log()
            for part, prior, tiny in (
                (chances, self._prior, _TINY[0]),
                (1 - chances, 1 - self._prior, _TINY[1]),
            )
        )
        return (self._said @ (said - unsaid).T).T

    def _consensus(
        self, rows: NDArray[np.int64], scores: NDArray[np.float64], keep: int
    ) -> list[str]:
        """The texts of `rows` nearest to the centroid of all, by the cosine."""
        weights = np.exp((scores - scores[0]) / _SOFTNESS)
        spans = [slice(self._starts[row], self._starts[row + 1]) for row in rows]
        _, columns = np.unique(
            np.concatenate([self._ngrams[span] for span in spans]), return_inverse=True
        )
        owners = np.repeat(np.arange(len(rows)), [span.stop - span.start for span in spans])
        vectors = np.zeros((len(rows), columns.max() + 1))
        vectors[owners, columns] = np.concatenate([self._weights[span] for span in spans])
        likeness = vectors @ (weights @ vectors)
        best = np.lexsort((np.arange(len(rows)), -likeness))[:keep]
        return [self._texts[rows[index]] for index in best]


def _sparse(rows: Sequence[Sequence[int]], columns: int) -> Tensor:
    """A matrix (N, columns) with ones at the given columns of each row."""
    starts = torch.tensor([0, *np.cumsum([len(row) for row in rows]).tolist()])
    at = torch.tensor([column for row in rows for column in row], dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            starts, at, torch.ones(len(at)), (len(rows), columns), check_invariants=True
        )


def _tf_idf(
    texts: Sequence[str],
) -> tuple[NDArray[np.int64], NDArray[np.float64], list[int]]:
    """Vectors of length 1 over words and pairs of words.

    Returns:
        Ids and weights of those that each text has, the texts behind one another, and where each
        text's begin; one more tells where the last one's end.
    """
    ids: dict[_Ngram, int] = {}
    found: list[int] = []
    counts: list[int] = []
    starts = [0]
    for text in texts:
        words = tokenise(text)
        said: Counter[_Ngram] = Counter([*words, *pairwise(words)])
        found += [ids.setdefault(ngram, len(ids)) for ngram in said]
        counts += said.values()
        starts.append(len(found))
    ngrams = np.array(found, np.int64)
    frequencies = np.bincount(ngrams, minlength=len(ids))
    weights = np.array(counts) * (math.log(len(texts) + 1) - np.log(frequencies))[ngrams]
    lengths = np.sqrt(np.add.reduceat(weights**2, starts[:-1]))
    return ngrams, weights / np.repeat(lengths, np.diff(starts)), starts
