"""Made-up people do what they are said to do."""

from collections import Counter

import numpy as np
import pytest

from simulation.people import Habits, Kind, Person, likeness, mistyped, population

REFERENCES = ("A brown dog runs on the beach.", "The dog is running near the sea.")
OTHERS = ("A plate with rice.",)
RIGHT, WRONG = "A dog runs.", "A man on a bicycle."


def ratings(person: Person, caption: str, count: int = 400) -> float:
    """Which share is 👍."""
    chance = np.random.default_rng(0)
    return sum(person.rates(caption, REFERENCES, chance) > 0 for _ in range(count)) / count


def texts(person: Person, rating: int, count: int = 400) -> Counter[str | None]:
    chance = np.random.default_rng(0)
    return Counter(person.writes(rating, REFERENCES, OTHERS, chance) for _ in range(count))


def test_a_caption_is_as_good_as_the_share_of_its_words_that_is_true() -> None:
    assert likeness(RIGHT, REFERENCES) == 1
    assert likeness("A dog and a cat.", REFERENCES) == 0.5
    assert likeness(WRONG, REFERENCES) == 0
    assert likeness("of the", REFERENCES) == 0


def test_honest_people_like_what_is_true_but_for_slips() -> None:
    person = Person(0, Kind.HONEST, 0.6, Habits(slips=0.1))
    assert ratings(person, RIGHT) == pytest.approx(0.9, abs=0.04)
    assert ratings(person, WRONG) == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [(Kind.RANDOM, 0.5, 0.5), (Kind.CONTRARY, 0, 1), (Kind.SPAMMER, 1, 1)],
)
def test_vandals_do_not(kind: Kind, right: float, wrong: float) -> None:
    person = Person(7, kind, 0.6)
    assert ratings(person, RIGHT) == pytest.approx(right, abs=0.08)
    assert ratings(person, WRONG) == pytest.approx(wrong, abs=0.08)


def test_what_is_disliked_is_written_better_now_and_then() -> None:
    habits = Habits(corrects=0.4, typing_errors=0.0, mistakes=0.1)
    person = Person(0, Kind.HONEST, 0.6, habits)
    assert texts(person, +1) == {None: 400}
    written = texts(person, -1)
    assert written[None] == pytest.approx(240, abs=30)
    assert written[OTHERS[0]] == pytest.approx(16, abs=12)
    assert sum(written[reference] for reference in REFERENCES) > 100


def test_vandals_write_the_same_or_about_another_photo() -> None:
    spam = texts(Person(7, Kind.SPAMMER, 0.6), +1)
    assert len(spam) == 2  # one text, and mostly none
    contrary = Person(7, Kind.CONTRARY, 0.6, Habits(typing_errors=0.0))
    assert set(texts(contrary, -1)) == {None, OTHERS[0]}


def test_a_typing_error_changes_one_place() -> None:
    chance = np.random.default_rng(0)
    found = {mistyped("A dog", chance) for _ in range(200)}
    assert {"A og", "A ddog", "A odg"} <= found
    assert all(abs(len(text) - 5) <= 1 for text in found)
    assert mistyped("", chance) == ""


def test_one_in_eight_is_a_vandal() -> None:
    people = population(48, np.random.default_rng(0))
    kinds = Counter(person.kind for person in people)
    assert kinds == {Kind.HONEST: 42, Kind.RANDOM: 2, Kind.CONTRARY: 2, Kind.SPAMMER: 2}
    assert len({person.number for person in people}) == 48
