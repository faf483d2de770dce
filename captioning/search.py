"""Batched greedy and beam search over what a decoder proposes, for every engine.

Greedy search is beam search with one beam. Hypotheses are ranked by their log-probability divided
by ``length ** length_penalty`` (Wu et al., 2016, in its simplest form), the end token counted.

A decoder trained on few captions prefers frequent words to fitting ones. Where a logit adjustment
(Menon et al., "Long-tail learning via logit adjustment", 2021) makes up for that, it only helps to
choose the words that a hypothesis proposes, as many as there are beams; which hypotheses go on, and
which is the best, is still decided by what the decoder finds likely. Sums of adjusted scores would
prefer a caption for its rare words.

Shapes: B photos that are not finished, K beams of each (one before the first word), N = B · K
hypotheses photo by photo, k words proposed to each, P grid cells, T words so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from captioning.vocabulary import BOS, EOS, PAD

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
_NEVER = np.float32("-inf")


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How captions are decoded; a checkpoint carries the values chosen on its dev split."""

    beam_size: int = 3
    max_length: int = 30
    """Most words of a caption; one that reaches it without ending is returned unfinished."""
    length_penalty: float = 0.7
    """0 ranks by plain log-probability (short captions win), 1 by the mean per word."""
    block_ngram: int = 3
    """No sequence of this many words occurs twice in a caption; 0 switches blocking off."""
    logit_adjustment: float = 0.0
    """How much of a word's rarity counts in its favour when words are proposed, 0 to 1."""
    allow_empty: bool = False
    """Whether a caption may end before its first word, as imported models may."""

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise ValueError(f"beam_size must be at least 1: {self.beam_size}")
        if self.max_length < 1:
            raise ValueError(f"max_length must be at least 1: {self.max_length}")
        if self.block_ngram < 0:
            raise ValueError(f"block_ngram must not be negative: {self.block_ngram}")
        if not 0 <= self.logit_adjustment <= 1:
            raise ValueError(f"logit_adjustment must lie in [0, 1]: {self.logit_adjustment}")

    def adjustment(self, rarity: Sequence[float]) -> Floats | None:
        """What is added to words' log-probabilities (V,) when they are proposed; None: nothing.

        Args:
            rarity: of each word, from `Vocabulary.rarity`.
        """
        bonus = np.asarray(rarity, dtype=np.float32) * np.float32(self.logit_adjustment)
        return bonus if bonus.any() else None

    def proposals(self, adjusted: bool) -> int:
        """How many words each hypothesis proposes to go on with.

        It can end in one way only, so that of twice the beams enough go on; where rare words are
        preferred, more would let in what the adjustment was to keep out.
        """
        return self.beam_size if adjusted else 2 * self.beam_size


@dataclass(slots=True)
class Hypothesis:
    """One decoded caption."""

    tokens: list[int]
    """Word ids, without BOS and EOS."""
    log_probabilities: list[float]
    """Of each word, and last of the end token when `finished`."""
    attention: Floats | None
    """(T, P) weights over grid cells, one row a word."""
    finished: bool
    score: float = field(default=float("-inf"))
    """What hypotheses are ranked by."""


class Proposals(NamedTuple):
    """How hypotheses may go on."""

    log_probabilities: Floats
    """(N, k), the likeliest first."""
    words: Integers
    """(N, k)."""
    attention: Floats | None
    """(N, P): where each looked for its next word."""


class Forbidden(NamedTuple):
    """Words that hypotheses may not go on with, beside those that are never said."""

    rows: Integers
    words: Integers


class Decoding(Protocol):
    """A decoder at work on a batch of photos."""

    def step(self, words: Integers, parents: Integers, forbidden: Forbidden) -> Proposals:
        """Read one word per hypothesis, (N,).

        Args:
            parents: (N,) the rows of the last step that the hypotheses continue; photos at first.
        """

    def keep(self, photos: Integers) -> None:
        """Go on with these of the photos only, (B,) of those that there were."""


def search(decoding: Decoding, photos: int, options: SearchOptions) -> list[list[Hypothesis]]:
    """Decode captions of a batch.

    Returns:
        For each photo its hypotheses, the best first: at least one, at most `beam_size`; unfinished
        ones appear only where nothing finished in time.
    """
    finished: list[list[Hypothesis]] = [[] for _ in range(photos)]
    live = _Live(photos)
    for step in range(options.max_length):
        forbidden = live.repeats(options.block_ngram)
        if step == 0 and not options.allow_empty:
            forbidden = Forbidden(np.arange(photos), np.full(photos, EOS))
        proposals = decoding.step(live.last_words, live.parents, forbidden)
        candidates = _best(proposals, live.scores, 2 * options.beam_size)
        for row, rank in np.argwhere(candidates.ends[:, : options.beam_size]).tolist():
            # As in greedy search, where the end must be the single best, an end counts only among
            # the best `beam_size` candidates.
            ended = finished[live.photos[row]]
            if len(ended) < options.beam_size:
                ended.append(live.end(row, candidates, rank, options))
        live.go_on(candidates, options.beam_size, proposals.attention)
        unfinished = [len(finished[photo]) < options.beam_size for photo in live.photos]
        if not any(unfinished):
            break
        if not all(unfinished):
            rows = np.flatnonzero(unfinished)
            live.keep(rows)
            decoding.keep(rows)
    for row, photo in enumerate(live.photos):
        if not finished[photo]:
            finished[photo].append(live.cut(row, options))
    return [sorted(done, key=lambda hypothesis: -hypothesis.score) for done in finished]


class _Candidates(NamedTuple):
    """The best ways to go on or to end of each photo, (B, R) each, the best first."""

    scores: Floats
    """Log-probability of the whole caption; -inf where there is no candidate."""
    beams: Integers
    """Which of the photo's hypotheses it continues."""
    words: Integers
    log_probabilities: Floats
    """Of the word."""

    @property
    def ends(self) -> NDArray[np.bool_]:
        ends: NDArray[np.bool_] = (self.words == EOS) & (self.scores > _NEVER)
        return ends


def _best(proposals: Proposals, scores: Floats, count: int) -> _Candidates:
    """The `count` best of all that is proposed to the hypotheses with these scores (B, K)."""
    photos, beams = scores.shape
    proposed = proposals.words.shape[1]
    words = proposals.words.reshape(photos, -1)
    log_probabilities = proposals.log_probabilities.reshape(photos, -1)
    totals = log_probabilities + scores.repeat(proposed, axis=1)
    if totals.shape[1] < count:  # of a very small vocabulary
        missing = ((0, 0), (0, count - totals.shape[1]))
        totals = np.pad(totals, missing, constant_values=_NEVER)
        words = np.pad(words, missing, constant_values=PAD)
        log_probabilities = np.pad(log_probabilities, missing)
    order = np.argsort(-totals, axis=1, kind="stable")[:, :count]
    rows = np.arange(photos)[:, None]
    return _Candidates(
        totals[rows, order],
        np.minimum(order // proposed, beams - 1),
        words[rows, order],
        log_probabilities[rows, order],
    )


class _Live:
    """Hypotheses that still grow, of photos that are not finished; arrays are (B, K, …)."""

    def __init__(self, photos: int) -> None:
        self.photos = np.arange(photos)
        self.scores = np.zeros((photos, 1), np.float32)
        self.parents = np.arange(photos)
        """(N,), for `Decoding.step`."""
        self._words = np.zeros((photos, 1, 0), np.int64)
        self._log_probabilities = np.zeros((photos, 1, 0), np.float32)
        self._attention: Floats | None = None  # (B, K, T, P)

    @property
    def last_words(self) -> Integers:
        """(N,)."""
        if not self._words.shape[2]:
            return np.full(len(self.photos), BOS)
        return np.ascontiguousarray(self._words[:, :, -1].reshape(-1))

    def repeats(self, size: int) -> Forbidden:
        """The words that would complete a sequence of `size` words that a caption already has."""
        words = self._words.reshape(len(self.parents), self._words.shape[2])  # (N, T)
        starts = max(words.shape[1] - size + 1, 0) if size else 0
        repeated = np.ones((len(words), starts), bool)
        for place in range(size - 1 if starts else 0):
            # A sequence that begins as the last words of the caption do.
            repeated &= words[:, place : place + starts] == words[:, [starts + place]]
        rows, firsts = np.nonzero(repeated)
        return Forbidden(np.ascontiguousarray(rows), words[rows, firsts + size - 1])

    def go_on(self, candidates: _Candidates, beams: int, attention: Floats | None) -> None:
        """Take the best candidates that do not end, `beams` of each photo.

        Where there are fewer, a dead beam keeps the batch rectangular; its score lets it never be
        chosen again.

        Args:
            attention: (N, P) of the hypotheses that are continued.
        """
        photos = np.arange(len(self.photos))[:, None]
        alive = (candidates.words != EOS) & (candidates.scores > _NEVER)
        chosen = np.argsort(~alive, axis=1, kind="stable")[:, :beams]
        dead = ~alive[photos, chosen]

        def take(values: Any, otherwise: float) -> Any:
            taken = values[photos, chosen]
            taken[dead] = otherwise
            return taken

        parents = take(candidates.beams, 0)  # (B, K)
        self.parents = (photos * self.scores.shape[1] + parents).reshape(-1)
        self.scores = take(candidates.scores, -np.inf)
        self._words = _appended(self._words[photos, parents], take(candidates.words, PAD))
        self._log_probabilities = _appended(
            self._log_probabilities[photos, parents], take(candidates.log_probabilities, 0.0)
        )
        if attention is not None:
            looked = attention[self.parents].reshape(*parents.shape, -1)
            earlier = looked[:, :, None][:, :, :0]
            if self._attention is not None:
                earlier = self._attention[photos, parents]
            self._attention = _appended(earlier, looked)

    def keep(self, rows: Integers) -> None:
        """Go on with the photos in these rows only."""
        beams = self.scores.shape[1]
        self.photos, self.scores = self.photos[rows], self.scores[rows]
        self.parents = self.parents.reshape(-1, beams)[rows].reshape(-1)
        self._words, self._log_probabilities = self._words[rows], self._log_probabilities[rows]
        if self._attention is not None:
            self._attention = self._attention[rows]

    def end(
        self, row: int, candidates: _Candidates, rank: int, options: SearchOptions
    ) -> Hypothesis:
        """What a photo's candidate that ends has become."""
        beam = int(candidates.beams[row, rank])
        return self._hypothesis(
            row, beam, [float(candidates.log_probabilities[row, rank])], options
        )

    def cut(self, row: int, options: SearchOptions) -> Hypothesis:
        """A photo's best hypothesis, unfinished."""
        return self._hypothesis(row, int(self.scores[row].argmax()), [], options)

    def _hypothesis(
        self, row: int, beam: int, end: list[float], options: SearchOptions
    ) -> Hypothesis:
        values = self._log_probabilities[row, beam].tolist() + end
        attention = self._attention
        return Hypothesis(
            tokens=self._words[row, beam].tolist(),
            log_probabilities=values,
            attention=None if attention is None else attention[row, beam],
            finished=bool(end),
            score=sum(values) / len(values) ** options.length_penalty,
        )


def _appended(earlier: Any, last: Any) -> Any:
    """(B, K, T, …) and (B, K, …) → (B, K, T + 1, …)."""
    return np.concatenate([earlier, last[:, :, None]], axis=2)
