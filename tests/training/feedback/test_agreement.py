"""People who look are trusted, people who do not are found out."""

import numpy as np
import pytest

from training.feedback.agreement import HONEST, Agreement, Vote, Written, agreement

PEOPLE = 40
CAPTIONS = 320
VANDALS = {0: "at random", 1: "always up", 2: "always down", 3: "the opposite", 4: "at random"}


def community(seed: int) -> tuple[Agreement, np.ndarray]:
    """Five ratings of each caption, by people of whom five do not look; honest ones err too."""
    rng = np.random.default_rng(seed)
    truth = rng.random(CAPTIONS) < 0.5
    votes = []
    for caption in range(CAPTIONS):
        for person in rng.choice(PEOPLE, 5, replace=False).tolist():
            honest = truth[caption] if rng.random() < 0.85 else not truth[caption]
            liked = {
                "at random": rng.random() < 0.5,
                "always up": True,
                "always down": False,
                "the opposite": not truth[caption],
            }.get(VANDALS.get(person, ""), honest)
            votes.append(Vote(f"person {person}", caption, 1 if liked else -1))
    return agreement(CAPTIONS, votes, [], {}), truth


@pytest.mark.parametrize("seed", range(3))
def test_those_who_do_not_look_are_trusted_less(seed: int) -> None:
    found, truth = community(seed)
    trust = [found.people[f"person {number}"].trust for number in range(PEOPLE)]
    assert min(trust[len(VANDALS) :]) > 0.5
    assert np.mean(trust[len(VANDALS) :]) > 0.95
    assert max(trust[1:4]) < 0.05
    # Who presses at random agrees with the others now and then.
    assert max(trust[0], trust[4]) < np.median(trust) - 0.05
    assert np.mean((found.good > 0.5) == truth) > 0.9


def test_a_vote_alone_proves_nothing() -> None:
    votes = [Vote("alice", caption, -1) for caption in range(20)]
    found = agreement(20, votes, [], {})
    assert found.people["alice"].trust == pytest.approx(HONEST)
    assert found.people["alice"].compared == 0
    assert found.good.max() < 0.5


@pytest.mark.parametrize("value", [1, -1])
@pytest.mark.parametrize("captions", [3, 10, 40, 200])
def test_unanimous_people_are_trusted(value: int, captions: int) -> None:
    """Who only ever says what everybody says may look or not: nothing tells."""
    votes = [Vote(who, caption, value) for caption in range(captions) for who in "abc"]
    found = agreement(captions, votes, [], {})
    assert min(person.trust for person in found.people.values()) > 0.5


def test_more_people_are_surer() -> None:
    votes = [Vote("a", 0, 1), Vote("a", 1, 1), Vote("b", 1, 1), Vote("a", 2, 1), Vote("b", 2, -1)]
    one, two, divided = agreement(3, votes, [], {}).good.tolist()
    assert two > one > divided


def test_the_same_text_for_several_photos() -> None:
    written = [Written("vandal", photo, "The dog is red!") for photo in range(4)]
    written += [Written("alice", photo, f"Dog number {photo}") for photo in range(4)]
    written += [Written("bob", photo, "A dog") for photo in range(2)]  # may well be
    found = agreement(0, [], written, {})
    assert found.people["vandal"].trust == 0
    assert found.people["vandal"].repeated == 4
    assert found.people["alice"].trust > 0.5
    assert found.people["bob"].trust > 0.5
    assert found.repeated == {("vandal", ("dog", "red"))}


def test_corrections_that_are_about_another_photo() -> None:
    things = [f"thing{number}" for number in range(60)]
    said = {photo: [f"A {thing} on a table"] for photo, thing in enumerate(things)}
    written = [
        Written(f"person {photo % 6}", photo, f"There is one {things[photo]}")
        for photo in range(60)
    ]
    written += [
        Written("vandal", photo, f"There is one {things[(photo + 31) % 60]}")
        for photo in range(0, 60, 5)
    ]
    found = agreement(0, [], written, said)
    assert found.people["vandal"].trust < 0.05
    assert all(found.people[f"person {number}"].trust > 0.9 for number in range(6))


def test_new_words_are_no_reason_to_distrust() -> None:
    """However much the others all say the same."""
    said = {photo: ["A dog on the grass"] for photo in range(40)}
    written = [Written(f"person {photo}", photo, "A brown dog") for photo in range(40)]
    written += [Written("alice", photo, f"Capybara {photo}") for photo in range(2)]
    assert agreement(0, [], written, said).people["alice"].trust == pytest.approx(HONEST)


def test_nobody_said_anything() -> None:
    found = agreement(2, [], [], {0: ["A dog."]})
    assert found.people == {}
    assert found.good.shape == (2,)
