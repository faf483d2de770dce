"""CIDEr-D (Vedantam et al., 2015), fast enough to be the reward of self-critical training."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

_Key = TypeVar("_Key", bound=Hashable)
_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

_LONGEST_NGRAM = 4
_SIGMA = 6.0  # width of the length penalty, in words
_SCALE = 10.0
_BASE = 1 << 31  # more than any id, so that two ids pack into one integer


class CiderD(Generic[_Key]):
    """Scores captions against the references of their image; built once, then fast.

    A caption is compared with each reference by the cosine of their TF-IDF vectors of 1- to
    4-grams, where a word repeated beyond the reference earns nothing, times a Gaussian penalty on
    the difference of their lengths. The mean over references and n is multiplied by ten, so that
    1.0 is what papers print as 100. Document frequencies come from the references given here.

    Self-critical training should let the end of a sentence count as a word (Rennie et al., 2017),
    or captions learn to break off before a word that costs. Give ``end`` for that: it is added to
    the references, and a hypothesis carries it where the decoder emitted it.

    References are held as sorted arrays, not dictionaries: COCO's fit in memory, and a batch is
    scored without a Python loop over its n-grams.
    """

    def __init__(
        self,
        references: Mapping[_Key, Sequence[Sequence[Hashable]]],
        *,
        end: Hashable | None = None,
    ) -> None:
        """Take the tokenised references of each image.

        Raises:
            ValueError: no images, or an image without references.
        """
        if not references:
            raise ValueError("CIDEr needs references: none were given.")
        for key, group in references.items():
            if not group:
                raise ValueError(f"Image {key!r} has an empty list of references.")
        ending = () if end is None else (end,)
        self._images = {key: index for index, key in enumerate(references)}
        self._group_sizes = np.array([len(group) for group in references.values()])
        sentences = [(*tokens, *ending) for group in references.values() for tokens in group]
        self._word_ids = _WordIds()
        text = _Text(sentences, self._word_ids)
        self._bigrams = text.bigrams
        image_of = np.repeat(np.arange(len(references)), self._group_sizes)  # (references,)
        self._orders: list[_Order] = []
        for n in range(1, _LONGEST_NGRAM + 1):
            known, ids = np.unique(text.ngrams(n), return_inverse=True)
            text.remember(ids)
            self._orders.append(_Order(known, ids, text.sentences, image_of))

    def scores(self, hypotheses: Sequence[Sequence[Hashable]], images: Sequence[_Key]) -> _Floats:
        """Score hypothesis i against the references of image i; an image may come up many times.

        Returns float64 of shape (hypotheses,); 0 for a caption without words.

        Raises:
            ValueError: the numbers of hypotheses and images differ.
            KeyError: an image that has no references.
        """
        if len(hypotheses) != len(images):
            raise ValueError(f"{len(hypotheses)} hypotheses came with {len(images)} images.")
        image_of = np.array([self._images[image] for image in images], np.int64)
        # Ids of its own, so that words no reference has do not pile up over a training run.
        text = _Text(hypotheses, _WordIds(self._word_ids))
        total: _Floats = np.zeros(len(hypotheses))
        for n, order in enumerate(self._orders, start=1):
            ids = order.identify(text.ngrams(n))
            text.remember(ids)
            total += order.similarity(ids, text, image_of, self._bigrams)
        references: _Ints = self._group_sizes[image_of]
        return total * _SCALE / (_LONGEST_NGRAM * references)


class _WordIds(dict[Hashable, int]):
    """Gives each new word the next id, beyond those of the ``known`` words."""

    def __init__(self, known: Mapping[Hashable, int] | None = None) -> None:
        super().__init__()
        self._known = known or {}

    def __missing__(self, word: Hashable) -> int:
        new = len(self._known) + len(self)
        self[word] = self._known.get(word, new)
        return self[word]


class _Text:
    """Sentences as one long array of token ids, walked by n-grams of growing length."""

    def __init__(self, sentences: Sequence[Sequence[Hashable]], ids: _WordIds) -> None:
        lengths = np.array([len(tokens) for tokens in sentences], np.int64)
        self.bigrams = np.maximum(lengths - 1, 0)  # (sentences,): CIDEr-D measures length so
        self._words = np.fromiter(map(ids.__getitem__, chain.from_iterable(sentences)), np.int64)
        self._sentence_of = np.repeat(np.arange(len(sentences)), lengths)  # (words,)
        self._prefixes = np.zeros_like(self._words)  # id of the n-gram that starts at each word
        self._starts = np.arange(len(self._words))
        self.sentences = self._sentence_of  # (n-grams,): the sentence of each

    def ngrams(self, n: int) -> _Ints:
        """The n-grams, each packed as (id of its first n - 1 words, id of its last word).

        The ids of the (n - 1)-grams must have been given to ``remember``.
        """
        starts = np.arange(max(0, len(self._words) - n + 1))
        ends = starts + n - 1
        self._starts = starts[self._sentence_of[starts] == self._sentence_of[ends]]
        self.sentences = self._sentence_of[self._starts]
        return self._prefixes[self._starts] * _BASE + self._words[self._starts + n - 1]

    def remember(self, ids: _Ints) -> None:
        """Take the ids that were given to the n-grams just returned."""
        self._prefixes[self._starts] = ids


class _Order:
    """The references' n-grams of one n: their weights, and where each image has them."""

    def __init__(self, known: _Ints, ids: _Ints, sentences: _Ints, image_of: _Ints) -> None:
        """Index ``ids`` of n-grams (rows of the sorted ``known``) that stand in ``sentences``."""
        images = int(image_of[-1]) + 1
        pairs = np.unique(image_of[sentences] * _BASE + ids)
        frequencies = np.bincount(pairs % _BASE, minlength=len(known))
        self._known = known
        self._unseen_idf = float(np.log(images))
        self._idf = self._unseen_idf - np.log(frequencies)

        reference, ids, counts = _count(sentences, ids)
        weights = counts * self._idf[ids]
        norms = _norms(reference, weights, len(image_of))
        where = image_of[reference] * _BASE + ids
        order = np.argsort(where, kind="stable")
        self._where = where[order]  # sorted (image, n-gram) pairs, one for each reference with it
        self._reference = reference[order]
        self._weight = weights[order]
        self._unit_weight = _divide(self._weight, norms[self._reference])

    def identify(self, ngrams: _Ints) -> _Ints:
        """Ids of packed n-grams; those that no reference has get ids beyond the known ones."""
        if not len(self._known):
            return np.unique(ngrams, return_inverse=True)[1]
        ids = np.minimum(np.searchsorted(self._known, ngrams), len(self._known) - 1)
        unseen = self._known[ids] != ngrams
        ids[unseen] = len(self._known) + np.unique(ngrams[unseen], return_inverse=True)[1]
        return ids

    def similarity(self, ids: _Ints, text: _Text, image_of: _Ints, bigrams: _Ints) -> _Floats:
        """Sum over its image's references of each sentence's penalised, clipped cosine."""
        sentence, ids, counts = _count(text.sentences, ids)
        idf = np.append(self._idf, self._unseen_idf)[np.minimum(ids, len(self._idf))]
        weights = counts * idf
        norms = _norms(sentence, weights, len(image_of))

        wanted = image_of[sentence] * _BASE + ids
        first = np.searchsorted(self._where, wanted, "left")
        matches = np.searchsorted(self._where, wanted, "right") - first
        # Row k of what follows is one n-gram of a sentence met in one reference.
        offset = np.arange(matches.sum()) - np.repeat(np.cumsum(matches) - matches, matches)
        found = np.repeat(first, matches) + offset
        sentence = np.repeat(sentence, matches)
        weights = np.minimum(np.repeat(weights, matches), self._weight[found])
        gap = text.bigrams[sentence] - bigrams[self._reference[found]]
        penalty = np.exp(-(gap**2) / (2 * _SIGMA**2))
        products = weights * self._unit_weight[found] * penalty
        cosines = np.bincount(sentence, products, minlength=len(image_of)).astype(np.float64)
        return _divide(cosines, norms)


def _count(sentences: _Ints, ids: _Ints) -> tuple[_Ints, _Ints, _Ints]:
    """Distinct (sentence, n-gram) pairs with their counts."""
    pairs, counts = np.unique(sentences * _BASE + ids, return_counts=True)
    return pairs // _BASE, pairs % _BASE, counts


def _norms(sentences: _Ints, weights: _Floats, number: int) -> _Floats:
    return np.sqrt(np.bincount(sentences, weights**2, minlength=number))


def _divide(numerator: _Floats, denominator: _Floats) -> _Floats:
    """Quotient, 0 where the denominator is (all n-grams of the sentence are in every image)."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)
