"""A card tells of a training's data and terms, and of those of the model that it goes on from."""

import pytest

from captioning.card import Card
from training.model_card import trained_on
from training.prepared import Source

SOURCES = [
    Source("first", "First", "/first", "Free.", {"train": 1200, "dev": 10}, {"train": 6000}),
    Source("second", "Second", "/second", "", {"train": 5}, {"train": 5}),
    Source("things", "Things", "/things", "Theirs.", {"unlabelled": 7}, {"unlabelled": 0}),
]
DATA = "the train splits of First (1,200 photos, 6,000 captions) and Second (5 photos, 5 captions)"
TERMS = "First: Free. Second: its licence is not told. Things: Theirs."


def test_an_untrained_model_knows_its_data_and_their_terms() -> None:
    card = trained_on("resnet34-lstm", SOURCES, None)
    assert card == Card("resnet34-lstm", "training", DATA, TERMS)
    assert trained_on("resnet34-lstm", SOURCES[:1], None).training_data == (
        "the train split of First (1,200 photos, 6,000 captions)"
    )


def test_what_a_model_goes_on_from_brings_its_data_and_terms() -> None:
    card = trained_on("resnet34-lstm", SOURCES, Card("m", "1.0", "old photos", "MIT."))
    assert card.training_data == f"{DATA}; before that, as m 1.0, on old photos"
    assert card.licence == f"{TERMS} It goes on from m 1.0: MIT."


@pytest.mark.parametrize("start", [Card("m", "training", DATA, TERMS), Card("m", "training")])
def test_the_same_or_nothing_is_not_told_again(start: Card) -> None:
    assert trained_on("m", SOURCES, start) == Card("m", "training", DATA, TERMS)
