"""What is English to the filters, and which words carry meaning."""

import pytest

from captioning import MODELS
from training.feedback.curate_command import known_words
from training.feedback.words import English, content_words, tidy


@pytest.fixture(scope="module")
def english() -> English:
    return English(known_words(MODELS))


@pytest.mark.parametrize(
    "text",
    [
        "A dog runs along the beach.",
        "Brown puppy",
        "Two dogs play",
        "A capybara grooms its offspring beside the canal",
        "Skateboarders grinding a handrail",
        "A sign says кафе above the door",
        "Three café tables under an awning",
    ],
)
def test_english(english: English, text: str) -> None:
    assert english.speaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Собака бежит по пляжу",
        "sobaka bezhit po plyazhu",
        "Krasivaya devushka v parke",
        "Ein Hund rennt am Strand",
        "Un perro corre por la playa",
        "Deux enfants jouent dans le parc",
        "Een hond in het water",
        "Due cani sulla spiaggia",
        "Duas pessoas na praia",
        "Pies biegnie po plaży",
        "Bir köpek sahilde koşuyor",
        "Seekor anjing berlari di pantai",
        "Kaksi koiraa leikkii",
        "asdf qwer zxcv",
        "海滩上的狗",
        "A dоg runs",  # with a Cyrillic о
    ],
)
def test_not_english(english: English, text: str) -> None:
    assert not english.speaks(text)


def test_inflections_of_known_words_are_known(english: English) -> None:
    assert all(map(english.knows, ("dogs", "running", "dog's", "2026", "black-and-white")))
    assert not any(map(english.knows, ("capybara", "borwn", "zebus")))


def test_content_words() -> None:
    assert content_words("The dog is on A RED sofa, with its toys.") == (
        "dog",
        "red",
        "sofa",
        "toys",
    )


def test_tidy() -> None:
    assert tidy(" A\tdog\n runs\u200b ﬁne \u202e") == "A dog runs fine"
