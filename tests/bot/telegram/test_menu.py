"""What people read about the bot before they start it."""

from typing import Any

import pytest

from bot.i18n import in_language, languages
from bot.telegram.menu import description, short_description


@pytest.mark.parametrize("models", [1, 2, 3])
@pytest.mark.parametrize("language", languages())
def test_descriptions_have_the_length_that_telegram_takes(
    catalogue_of: Any, language: str, models: int
) -> None:
    catalogue_of(models)
    with in_language(language):
        assert len(description()) <= 512
        assert len(short_description()) <= 120


@pytest.mark.parametrize(
    ("language", "one", "several", "looked"),
    [
        ("en", "a neural network", "neural networks", "looked"),
        ("ru", "нейросеть", "нейросети", "смотрела"),
    ],
)
def test_descriptions_are_true_of_any_number_of_models(
    catalogue_of: Any, language: str, one: str, several: str, looked: str
) -> None:
    for models in (1, 2, 3):
        catalogue_of(models)
        with in_language(language):
            assert (several in description()) == (models > 1)
            assert (one in description()) == (models == 1)
            assert (looked in description()) == (models > 1), "the first has no attention"
