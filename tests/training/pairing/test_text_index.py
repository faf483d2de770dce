"""Texts found by the words that a photo's captions would say."""

import pytest
import torch

from training.pairing import text_index
from training.pairing.content_words import ContentWords
from training.pairing.text_index import TextIndex

TEXTS = [
    "A dog on grass.",
    "A dog runs on grass.",
    "A dog on green grass.",
    "A dog on grass with a piano.",
    "A cat on a sofa.",
    "A cat sleeps on a sofa.",
    "The cat sleeps.",
]
WORDS = ContentWords(TEXTS, min_count=1)


def chances(**said: float) -> torch.Tensor:
    row = torch.full((1, len(WORDS)), 0.02)
    for word, chance in said.items():
        row[0, WORDS.words.index(word)] = chance
    return row


@pytest.fixture(autouse=True)
def four_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "CANDIDATES", 4)


def test_each_photo_is_given_texts_that_say_what_is_there() -> None:
    both = torch.cat([chances(dog=0.9, grass=0.8), chances(cat=0.9, sofa=0.8, sleeps=0.5)])
    dog, cat = TextIndex(TEXTS, WORDS).choose(both, keep=2)
    assert all("dog" in text for text in dog)
    assert all("cat" in text for text in cat)
    assert len(set(dog)) == 2


def test_the_consensus_leaves_out_what_one_text_adds() -> None:
    # Were the best alone taken, it would be the piano.
    row = chances(dog=0.9, grass=0.8, piano=0.4, runs=0.1, green=0.1)
    scores = TextIndex(TEXTS, WORDS)._scores(row)
    assert TEXTS[int(scores.argmax())] == "A dog on grass with a piano."
    (chosen,) = TextIndex(TEXTS, WORDS).choose(row, keep=4)
    assert chosen[0] == "A dog on grass."
    assert set(chosen) == set(TEXTS[:4])


def test_a_words_absence_counts_where_it_is_expected() -> None:
    row = chances(cat=0.9, sofa=0.95, sleeps=0.05)
    scores = TextIndex(TEXTS, WORDS)._scores(row)[0]
    assert scores[4] > scores[5] > scores[6]


def test_any_number_of_photos_is_searched_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = torch.rand(7, len(WORDS), generator=torch.Generator().manual_seed(0))
    together = TextIndex(TEXTS, WORDS).choose(rows, keep=3)
    monkeypatch.setattr(text_index, "_PHOTOS", 2)
    assert TextIndex(TEXTS, WORDS).choose(rows, keep=3) == together
    few = TextIndex(TEXTS[:2], WORDS).choose(rows[:1], keep=3)
    assert sorted(few[0]) == sorted(TEXTS[:2])
