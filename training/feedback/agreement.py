"""How far each person's ratings and corrections can be relied upon, and what captions are worth.

Whether a caption is good is never known; people's ratings tell. As Dawid and Skene (1979) do for
doctors, two things are estimated in turn: how likely each caption is good, given who rated it and
how far they are trusted, and how far each person is trusted, given what the others think of the
captions that they rated. Trust is the probability that a person's ratings depend on the caption
at all: a Bayes factor of "says what the others say, with errors" against "has a rate of 👍 of
their own, whatever the caption", so that somebody who presses at random, always the same, or the
opposite is found out, and somebody of whom little is known keeps the benefit of the doubt.

Corrections tell too: honest ones mostly share a word with what others say of the same photo,
those written at random no more often than with what is said of another photo.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.feedback.words import content_words

HONEST = 0.875
"""Share of people taken for honest before anything is known of them."""
_ACCURACY = 0.8
"""How often an honest person's rating is what the caption deserves, until their own is known."""
_HONEST_RATES = (0.7, 0.8, 0.9, 0.98)
"""What an honest person's accuracy may be, of good captions and of bad ones alike."""
_OWN_RATES = np.linspace(0.02, 0.98, 25)
"""What the rate of 👍 of somebody who does not look may be."""
_ROUNDS = 8
_MOST_LOG_ODDS = 12.0
_FEW = 3
"""So many times the same text for different photos is no chance any more."""
_MOSTLY = 0.5
_ENOUGH = 5
"""So many corrections tell whether somebody writes about the photos."""
_MOST_TOUCHING = 0.75
"""However alike a community's texts are, an honest correction may share no word with the others:
those with new words are worth the most."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's rating of one caption."""

    person: str
    caption: int
    """Number of the caption, from 0."""
    value: int
    """+1 or -1."""


@dataclass(frozen=True, slots=True)
class Written:
    """One person's correction of one photo."""

    person: str
    photo: int
    """Number of the photo, from 0."""
    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one pseudonym."""

    trust: float
    """From 0 to 1: the agreement score."""
    ratings: int
    compared: int
    """Of the ratings, those of captions that others rated too."""
    agreeing: int
    """Of these, those that say what the others' say together."""
    corrections: int
    repeated: int
    """Of the corrections, those whose words the person wrote for several photos."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """People's trust, and what their ratings come to."""

    people: Mapping[str, Person]
    good: NDArray[np.float64]
    """(captions,): probability that each caption is good, by all its ratings."""
    repeated: frozenset[tuple[str, tuple[str, ...]]]
    """(person, words) of texts that somebody wrote again and again."""


def agreement(
    captions: int,
    votes: Sequence[Vote],
    written: Sequence[Written],
    said: Mapping[int, Sequence[str]],
) -> Agreement:
    """Estimate trust and quality together.

    Args:
        captions: how many captions there are.
        said: of each photo, the texts that models wrote about it.
    """
    names = sorted({vote.person for vote in votes} | {text.person for text in written})
    number = {name: index for index, name in enumerate(names)}
    repeats, repeated = _repeated(written)
    prior = np.full(len(names), np.log(HONEST / (1 - HONEST)))
    prior += _from_corrections(written, said, number)
    ballots = _Ballots(captions, votes, number)
    log_odds = prior
    for _ in range(_ROUNDS):
        log_odds = np.clip(
            prior + ballots.evidence(_sigmoid(log_odds)), -_MOST_LOG_ODDS, _MOST_LOG_ODDS
        )
    trust = _sigmoid(log_odds)
    corrections = Counter(text.person for text in written)
    for name, times in repeats.items():
        if times > _MOSTLY * corrections[name]:
            trust[number[name]] = 0.0
    compared, agreeing = ballots.comparisons(trust)
    people = {
        name: Person(
            trust=float(trust[index]),
            ratings=int(ballots.given[index]),
            compared=int(compared[index]),
            agreeing=int(agreeing[index]),
            corrections=corrections[name],
            repeated=repeats[name],
        )
        for name, index in number.items()
    }
    return Agreement(people, ballots.quality(trust), repeated)


def _sigmoid(log_odds: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float64)


class _Ballots:
    """Votes as arrays; a person is a row of `trust`, (people,)."""

    def __init__(self, captions: int, votes: Sequence[Vote], number: Mapping[str, int]) -> None:
        self._people = len(number)
        self._captions = captions
        self._person = np.array([number[vote.person] for vote in votes], np.int64)  # (V,)
        self._caption = np.array([vote.caption for vote in votes], np.int64)
        self._value = np.array([vote.value for vote in votes], np.float64)
        self.given = np.bincount(self._person, minlength=self._people)
        of_caption = np.bincount(self._caption, minlength=captions)
        self._shared = of_caption[self._caption] > 1
        likes = float((self._value > 0).sum())
        rate = (likes + 1) / (len(votes) + 2)
        self._base = float(np.log(rate / (1 - rate)))
        self._rate = rate

    def quality(self, trust: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that each caption is good, (captions,)."""
        weight = self._value * self._weight(trust)
        sums = np.bincount(self._caption, weight, minlength=self._captions)
        return _sigmoid(self._base + sums)

    def evidence(self, trust: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log Bayes factors (people,) for ratings that depend on the caption."""
        good = self._others(trust)
        liked = self._value > 0
        honest = []
        for of_good in _HONEST_RATES:
            for of_bad in _HONEST_RATES:
                up = of_good * good + (1 - of_bad) * (1 - good)
                honest.append(self._sum(np.log(np.where(liked, up, 1 - up))))
        ups = self._sum(liked.astype(np.float64))
        downs = self._sum((~liked).astype(np.float64))
        careless = ups * np.log(_OWN_RATES)[:, None] + downs * np.log(1 - _OWN_RATES)[:, None]
        return _log_mean(np.array(honest)) - _log_mean(careless)

    def comparisons(
        self, trust: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each person, ratings of what others rated too, and how many of them agree."""
        agrees = (self._others(trust) > self._rate) == (self._value > 0)
        return self._sum(np.ones(len(self._value))), self._sum(agrees.astype(np.float64))

    def _others(self, trust: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability (V,) that each vote's caption is good by the votes of the others."""
        weight = self._value * self._weight(trust)
        sums = np.bincount(self._caption, weight, minlength=self._captions)
        return _sigmoid(self._base + sums[self._caption] - weight)

    def _weight(self, trust: NDArray[np.float64]) -> NDArray[np.float64]:
        # With probability `trust` the vote is right in _ACCURACY of the cases, else in a half.
        right = 0.5 + (_ACCURACY - 0.5) * trust[self._person]
        return np.log(right / (1 - right))

    def _sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over each person's votes of captions that others voted on too."""
        sums = np.bincount(self._person, values * self._shared, minlength=self._people)
        return sums.astype(np.float64)  # of no votes at all they are whole numbers


def _log_mean(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the mean over the first axis of what `logs` are the logarithms of."""
    top = logs.max(axis=0)
    mean: NDArray[np.float64] = top + np.log(np.exp(logs - top).mean(axis=0))
    return mean


def _repeated(
    written: Sequence[Written],
) -> tuple[Counter[str], frozenset[tuple[str, tuple[str, ...]]]]:
    """How many of each person's texts repeat others of theirs, and which texts these are."""
    photos: dict[tuple[str, tuple[str, ...]], set[int]] = defaultdict(set)
    for text in written:
        photos[text.person, content_words(text.text)].add(text.photo)
    often = {key: len(of_text) for key, of_text in photos.items() if len(of_text) >= _FEW}
    repeats: Counter[str] = Counter()
    for (person, _), times in often.items():
        repeats[person] += times
    return repeats, frozenset(often)


def _from_corrections(
    written: Sequence[Written], said: Mapping[int, Sequence[str]], number: Mapping[str, int]
) -> NDArray[np.float64]:
    """Log Bayes factors (people,) for corrections that are about their photo."""
    factors = np.zeros(len(number))
    by_photo: dict[int, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for photo, texts in said.items():
        by_photo[photo] += [("", frozenset(content_words(text))) for text in texts]
    for text in written:
        by_photo[text.photo].append((text.person, frozenset(content_words(text.text))))
    comparable = [
        text for text in written if any(who != text.person for who, _ in by_photo[text.photo])
    ]
    many = Counter(text.person for text in comparable)
    if not many or max(many.values()) < _ENOUGH:
        return factors
    own = [_touches(text, text.photo, by_photo) for text in comparable]
    # The same texts beside other photos: what chance gives.
    step = len(comparable) // 2
    chance = [
        _touches(text, comparable[(index + step) % len(comparable)].photo, by_photo)
        for index, text in enumerate(comparable)
    ]
    at_random = (sum(chance) + 1) / (len(chance) + 2)
    honest = max(min((sum(own) + 1) / (len(own) + 2), _MOST_TOUCHING), at_random)
    for text, touches in zip(comparable, own, strict=True):
        if many[text.person] < _ENOUGH:
            continue
        ratio = honest / at_random if touches else (1 - honest) / (1 - at_random)
        factors[number[text.person]] += np.log(ratio)
    return factors


def _touches(
    text: Written, photo: int, by_photo: Mapping[int, Sequence[tuple[str, frozenset[str]]]]
) -> bool:
    """Whether the text shares a word with what anybody else says of the photo."""
    words = set(content_words(text.text))
    return any(who != text.person and words & others for who, others in by_photo[photo])
