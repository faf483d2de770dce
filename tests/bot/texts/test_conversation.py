import inspect
from typing import Any

import pytest

from bot.i18n import in_language
from bot.texts import conversation


def test_start_says_what_is_stored_and_help_that_captions_are_english() -> None:
    assert "What is stored" in conversation.start_text()
    assert "/forget" in conversation.start_text()
    assert "The captions are in English." in conversation.help_text()
    for text in (conversation.start_text(), conversation.help_text()):
        assert "ResNet-34 + LSTM and MobileNet + attention" in text


def test_what_answers_a_press_fits_in_telegrams_200_characters() -> None:
    texts = [
        conversation.forgotten_answer_text(),
        conversation.outdated_button_text(),
        conversation.error_text("abc123"),
        *(conversation.rating_text(value) for value in (1, 0, -1)),
        *(conversation.choice_text(choice) for choice in ("all", "mobilenet-attention")),
    ]
    assert max(map(len, texts)) <= 200


def test_every_text_function_says_something() -> None:
    functions = [f for name, f in vars(conversation).items() if name.endswith("_text")]
    without_arguments = [f for f in functions if not inspect.signature(f).parameters]
    assert len(without_arguments) >= 8
    assert all(f().strip() for f in without_arguments)


@pytest.mark.parametrize(
    ("models", "english", "russian"),
    [
        (
            1,
            "a neural network will describe it in one sentence: ResNet-34 + LSTM. Rate its",
            "нейросеть опишет его одним предложением на английском: ResNet-34 + LSTM. "
            "Оценивайте её",
        ),
        (
            2,
            "neural networks will each describe it in one sentence: "
            "ResNet-34 + LSTM and MobileNet + attention. Rate their",
            "нейросети опишут его, каждая одним предложением на английском: "
            "ResNet-34 + LSTM и MobileNet + attention. Оценивайте их",
        ),
        (
            3,
            "neural networks will each describe it in one sentence: "
            "ResNet-34 + LSTM, MobileNet + attention, and Third &amp; best. Rate their",
            "нейросети опишут его, каждая одним предложением на английском: "
            "ResNet-34 + LSTM, MobileNet + attention и Third &amp; best. Оценивайте их",
        ),
    ],
)
def test_start_is_true_of_any_number_of_models(
    catalogue_of: Any, models: int, english: str, russian: str
) -> None:
    catalogue_of(models)
    assert english in conversation.start_text()
    with in_language("ru"):
        assert russian in conversation.start_text()


@pytest.mark.parametrize("models", [1, 2, 3])
def test_help_speaks_of_a_choice_only_where_there_is_one(catalogue_of: Any, models: int) -> None:
    catalogue_of(models)
    choices = ("each model", "/model", "which models answer")
    assert [choice in conversation.help_text() for choice in choices] == [models > 1] * 3
    with in_language("ru"):
        choices = ("от каждой модели", "/model", "какие модели отвечают")
        assert [choice in conversation.help_text() for choice in choices] == [models > 1] * 3
