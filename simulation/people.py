"""Made-up people: how they rate captions and what they write, honest ones and vandals."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from training.feedback.words import content_words

ONE_VANDAL_IN = 8
"""Of so many people, one."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NONSENSE = ("buy cheap watches here", "a very very good photo my friend", "asdf qwer zxcv uiop")


class Kind(StrEnum):
    """What somebody is like."""

    HONEST = "honest"
    RANDOM = "presses at random"
    CONTRARY = "says the opposite"
    SPAMMER = "writes the same everywhere"


_VANDALS = (Kind.RANDOM, Kind.CONTRARY, Kind.SPAMMER)


@dataclass(frozen=True, slots=True)
class Habits:
    """What honest people do; shares from 0 to 1."""

    slips: float = 0.08
    """Ratings that are the opposite of what was meant."""
    corrects: float = 0.3
    """Captions that are disliked and answered by a better one."""
    typing_errors: float = 0.3
    """Texts with a typing error."""
    mistakes: float = 0.03
    """Texts that are about another photo."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    Args:
        number: tells people apart.
        demands: share of a caption's content words that must be true for a 👍.
    """

    number: int
    kind: Kind
    demands: float
    habits: Habits = Habits()

    def rates(self, caption: str, references: Sequence[str], chance: np.random.Generator) -> int:
        """+1 or -1 for a caption of a photo that references describe."""
        if self.kind is Kind.RANDOM:
            return 1 if chance.random() < 0.5 else -1
        if self.kind is Kind.SPAMMER:
            return 1
        meant = 1 if likeness(caption, references) >= self.demands else -1
        is_turned = self.kind is Kind.CONTRARY or chance.random() < self.habits.slips
        return -meant if is_turned else meant

    def writes(
        self,
        rating: int,
        references: Sequence[str],
        others: Sequence[str],
        chance: np.random.Generator,
    ) -> str | None:
        """A better caption after a rating, now and then; None mostly.

        Args:
            references: of the photo.
            others: of another photo.
        """
        if self.kind is Kind.SPAMMER:
            wants = chance.random() < self.habits.corrects
            return _NONSENSE[self.number % len(_NONSENSE)] if wants else None
        if rating > 0 or chance.random() >= self.habits.corrects:
            return None
        is_wrong = self.kind is not Kind.HONEST or chance.random() < self.habits.mistakes
        described = others if is_wrong else references
        text = described[int(chance.integers(len(described)))]
        return mistyped(text, chance) if chance.random() < self.habits.typing_errors else text


def population(count: int, chance: np.random.Generator) -> list[Person]:
    """So many people, of whom one in `ONE_VANDAL_IN` is a vandal, of each kind in turn."""
    people = []
    for number in range(count):
        is_vandal = number % ONE_VANDAL_IN == ONE_VANDAL_IN - 1
        kind = _VANDALS[number // ONE_VANDAL_IN % len(_VANDALS)] if is_vandal else Kind.HONEST
        people.append(Person(number, kind, demands=float(chance.uniform(0.5, 0.75))))
    return people


def likeness(caption: str, references: Sequence[str]) -> float:
    """Which share of a caption's content words any of the references says; 0 without any."""
    said = {word for reference in references for word in content_words(reference)}
    words = content_words(caption)
    return sum(word in said for word in words) / len(words) if words else 0.0


def mistyped(text: str, chance: np.random.Generator) -> str:
    """The text with one letter left out, doubled, exchanged for another or for its neighbour."""
    places = [place for place, letter in enumerate(text[:-1]) if letter.isalpha()]
    if not places:
        return text
    place = places[int(chance.integers(len(places)))]
    before, letter, after = text[:place], text[place], text[place + 1 :]
    stranger = _LETTERS[int(chance.integers(len(_LETTERS)))]
    ways = (after, letter * 2 + after, stranger + after, after[0] + letter + after[1:])
    return before + ways[int(chance.integers(len(ways)))]
