"""Which nouns captions say, and which captions fit."""

import pytest

from training.nouns import fits, nouns_in


@pytest.mark.parametrize(
    ("caption", "nouns"),
    [
        ("Two dogs are running through the tall green grass.", {"dog", "grass"}),
        ("A bearded man is sitting on a wooden bench outside.", {"man", "bench"}),
        ("Boxes, glasses and benches by a building", {"box", "glass", "bench", "building"}),
        ("A red shed beside a bed and a ceiling", {"shed", "bed", "ceiling"}),
        ("the front of several things", set()),
        ("", set()),
    ],
)
def test_nouns(caption: str, nouns: set[str]) -> None:
    assert nouns_in(caption) == nouns


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Two dogs and a ball.", True),
        ("A puppy on a sofa.", True),  # the same object of COCO's, by another name
        ("A man in a field.", True),
        ("A man in fields.", True),
        ("A brown cat is on a sofa.", False),  # the colour alone says little
        ("A cat running.", False),
        ("", False),
    ],
)
def test_a_caption_fits_when_it_names_what_a_reference_names(caption: str, expected: bool) -> None:
    references = ["A brown dog is running over grass.", "A dog in a field"]
    assert fits(caption, references) is expected
