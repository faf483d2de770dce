"""Batched greedy and beam search over the decoder protocol.

Greedy search is beam search with one beam. Hypotheses are ranked by their log-probability divided
by ``length ** length_penalty`` (Wu et al., 2016, in its simplest form), the end token counted.

A decoder trained on few captions prefers frequent words to fitting ones. Where a logit adjustment
(Menon et al., "Long-tail learning via logit adjustment", 2021) makes up for that, it only helps to
choose the words that a hypothesis proposes, as many as there are beams; which hypotheses go on, and
which is the best, is still decided by what the decoder finds likely. Sums of adjusted scores would
prefer a caption for its rare words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from captioning.decoders import Decoder, State
from captioning.vocabulary import BOS, EOS, PAD, UNK


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


@dataclass(slots=True)
class Hypothesis:
    """One decoded caption."""

    tokens: list[int]
    """Word ids, without BOS and EOS."""
    log_probabilities: list[float]
    """Of each word, and last of the end token when `finished`."""
    attention: Tensor | None
    """(T, P) weights over grid cells, one row a word."""
    finished: bool
    score: float = field(default=float("-inf"))
    """What hypotheses are ranked by."""


@torch.inference_mode()
def search(
    decoder: Decoder, features: Tensor, options: SearchOptions, rarity: Sequence[float] = ()
) -> list[list[Hypothesis]]:
    """Decode captions for (B, P, C) features.

    Args:
        rarity: of each word of the vocabulary, from `Vocabulary.rarity`; what
            `options.logit_adjustment` is a share of.

    Returns:
        For each image its hypotheses, the best first: at least one, at most `beam_size`; unfinished
        ones appear only where nothing finished in time.
    """
    batch, beams = features.shape[0], options.beam_size
    device = features.device
    state = _select(
        decoder.start(features), torch.arange(batch, device=device).repeat_interleave(beams)
    )
    tokens = torch.full((batch * beams,), BOS, device=device)
    # All beams of an image start equal, so only the first may spread at the first step.
    scores = torch.full((batch, beams), float("-inf"), device=device)
    scores[:, 0] = 0.0
    bonus = torch.tensor(rarity, device=device) * options.logit_adjustment
    live = [[_Beam() for _ in range(beams)] for _ in range(batch)]
    finished: list[list[Hypothesis]] = [[] for _ in range(batch)]

    for step in range(options.max_length):
        logits, state, attention = decoder.step(tokens, state)
        log_probabilities = logits.float().log_softmax(1)
        allowed = log_probabilities.clone()
        allowed[:, [PAD, BOS, UNK]] = float("-inf")
        if step == 0 and not options.allow_empty:
            allowed[:, EOS] = float("-inf")
        _block_repeats(allowed, live, options.block_ngram)

        proposed, ids = _propose(allowed, bonus, beams)
        kept = ids.shape[1]
        word_scores, word_ids = proposed.view(batch, -1), ids.view(batch, -1)
        candidates = word_scores + scores.repeat_interleave(kept, dim=1)
        top, places = candidates.sort(dim=1, descending=True, stable=True)
        top_list, place_list = top.tolist(), places.tolist()
        word_list, word_score_list = word_ids.tolist(), word_scores.tolist()
        parents, words, next_scores = [], [], []
        for image in range(batch):
            ranked = zip(top_list[image][: 2 * beams], place_list[image], strict=False)
            chosen = _advance(
                live[image],
                finished[image],
                [
                    _Candidate(
                        score, place // kept, word_list[image][place], word_score_list[image][place]
                    )
                    for score, place in ranked
                ],
                options,
            )
            live[image] = [beam for beam, *_ in chosen]
            parents += [image * beams + parent for _, parent, _, _ in chosen]
            words += [word for _, _, word, _ in chosen]
            next_scores.append([score for *_, score in chosen])
        if all(len(done) >= beams for done in finished):
            break
        order = torch.tensor(parents, device=device)
        if attention is not None:
            for beam, row in zip(_flat(live), attention[order], strict=True):
                beam.attention.append(row)
        state = _select(state, order)
        tokens = torch.tensor(words, device=device)
        scores = torch.tensor(next_scores, device=device)
    for image, done in enumerate(finished):
        if not done:
            done.append(live[image][int(scores[image].argmax())].end(None, options))
    return [sorted(done, key=lambda hypothesis: -hypothesis.score)[:beams] for done in finished]


def _propose(allowed: Tensor, bonus: Tensor, beams: int) -> tuple[Tensor, Tensor]:
    """The words that each hypothesis may go on with, the likeliest first.

    They are ranked within each hypothesis: a long caption's score would round small differences
    between them away.

    Args:
        allowed: (N, V) log-probabilities.
        bonus: (V,), added for the choice alone; without effect when empty or all 0.

    Returns:
        Log-probabilities and ids, each (N, K).
    """
    if not bonus.any():
        # Each hypothesis can end in one way only, so twice the beams leave enough that go on.
        return allowed.topk(min(2 * beams, allowed.shape[1]), dim=1)
    ids = (allowed + bonus).topk(min(beams, allowed.shape[1]), dim=1).indices
    proposed, order = allowed.gather(1, ids).sort(dim=1, descending=True, stable=True)
    return proposed, ids.gather(1, order)


class _Beam:
    """A hypothesis that still grows."""

    __slots__ = ("attention", "log_probabilities", "tokens")

    def __init__(
        self, parent: "_Beam | None" = None, word: int = PAD, log_probability: float = 0.0
    ) -> None:
        self.tokens: list[int] = [*parent.tokens, word] if parent else []
        self.log_probabilities: list[float] = (
            [*parent.log_probabilities, log_probability] if parent else []
        )
        self.attention: list[Tensor] = list(parent.attention) if parent else []

    def end(self, log_probability: float | None, options: SearchOptions) -> Hypothesis:
        """The finished hypothesis; None as the end token's log-probability leaves it unfinished."""
        values = self.log_probabilities + ([] if log_probability is None else [log_probability])
        return Hypothesis(
            tokens=self.tokens,
            log_probabilities=values,
            attention=torch.stack(self.attention) if self.attention else None,
            finished=log_probability is not None,
            score=sum(values) / len(values) ** options.length_penalty,
        )


class _Candidate(NamedTuple):
    """One way for a beam to go on or to end."""

    score: float
    parent: int
    word: int
    log_probability: float
    """Of the word."""


def _advance(
    beams: Sequence[_Beam],
    finished: list[Hypothesis],
    candidates: Sequence[_Candidate],
    options: SearchOptions,
) -> list[tuple[_Beam, int, int, float]]:
    """Take one image's candidates, the best first: ended ones to `finished`, the rest go on.

    An end counts only among the best `beam_size` candidates, as in greedy search, where the end
    must be the single best. Returns `beam_size` tuples (beam, parent, word, score).
    """
    chosen: list[tuple[_Beam, int, int, float]] = []
    for rank, (score, parent, word, log_probability) in enumerate(candidates):
        if score == float("-inf"):
            continue
        if word == EOS:
            if rank < options.beam_size and len(finished) < options.beam_size:
                finished.append(beams[parent].end(log_probability, options))
        elif len(chosen) < options.beam_size:
            chosen.append((_Beam(beams[parent], word, log_probability), parent, word, score))
    while len(chosen) < options.beam_size:
        # A dead beam keeps the batch rectangular; its score lets it never be chosen again.
        chosen.append((_Beam(beams[0], PAD, 0.0), 0, PAD, float("-inf")))
    return chosen


def _block_repeats(allowed: Tensor, live: Sequence[Sequence[_Beam]], size: int) -> None:
    """Forbid, in place, each word that would complete an n-gram its caption already holds."""
    if size == 0:
        return
    for row, beam in enumerate(_flat(live)):
        tokens = beam.tokens
        if len(tokens) < size:
            continue
        prefix = tokens[len(tokens) - size + 1 :]
        for start in range(len(tokens) - size + 1):
            if tokens[start : start + size - 1] == prefix:
                allowed[row, tokens[start + size - 1]] = float("-inf")


def _flat(live: Sequence[Sequence[_Beam]]) -> list[_Beam]:
    return [beam for beams in live for beam in beams]


def _select(state: State, order: Tensor) -> State:
    return tuple(part.index_select(0, order) for part in state)
