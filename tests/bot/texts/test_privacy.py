import pytest

from bot.i18n import in_language
from bot.people.privacy import Forgotten
from bot.sandbox.entities import formatted_text, utf16_length
from bot.texts.privacy import forgotten_text, privacy_text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("models may be trained from ratings, from captions", "exported after that")),
        ("ru", ("обучаться более точные модели", "выгруженном после этого")),
    ],
)
def test_people_are_told_that_models_may_learn_from_them(
    language: str, words: tuple[str, ...]
) -> None:
    with in_language(language):
        text = privacy_text(90)
    assert all(it in text for it in words)
    shown, _entities = formatted_text(text, "HTML", None)
    assert utf16_length(shown) <= 4096


def test_what_was_forgotten_is_counted_and_nothing_else() -> None:
    assert forgotten_text(Forgotten(2, 1, 0, 0, ())).startswith("Deleted: 2 photos, 1 caption, and")
    assert forgotten_text(Forgotten(0, 0, 0, 0, ())).startswith("Deleted: your settings.")
