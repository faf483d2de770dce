from datetime import timedelta
from typing import Any

import pytest

from bot.i18n import in_language
from bot.queue.answers import ShownAnswer, ShownCaption
from bot.texts.answers import (
    album_text,
    answer_text,
    no_attention_text,
    placeholder_text,
)


def test_an_answer_names_each_model_and_escapes_its_caption() -> None:
    shown = [
        ShownCaption(1, "resnet34-lstm", "A <b>dog</b> & a cat."),
        ShownCaption(2, "mobilenet-attention", "A dog."),
    ]
    assert answer_text(shown) == (
        "<b>ResNet-34 + LSTM</b>\nA &lt;b&gt;dog&lt;/b&gt; &amp; a cat.\n\n"
        "<b>MobileNet + attention</b>\nA dog."
    )


def test_an_answer_says_kindly_where_it_is_a_guess() -> None:
    sure = ShownCaption(1, "resnet34-lstm", "A dog.")
    guess = ShownCaption(2, "mobilenet-attention", "A cat.", is_unsure=True)
    assert answer_text([guess]).endswith(
        "A cat.\n\n<i>🤔 I am not sure about this one. Can you say it better?</i>"
    )
    assert answer_text([sure, guess]).endswith(
        "A cat.\n\n<i>🤔 MobileNet is not sure about this one. Can you say it better?</i>"
    )
    assert "sure" not in answer_text([sure])
    with in_language("ru"):
        assert "ошибаюсь" in answer_text([guess])
        assert "MobileNet, возможно, ошибается" in answer_text([sure, guess])


def test_an_album_marks_its_guesses() -> None:
    sure = ShownAnswer(1, 7, ("resnet34-lstm",), (ShownCaption(1, "resnet34-lstm", "A dog."),))
    caption = ShownCaption(2, "resnet34-lstm", "A cat.", is_unsure=True)
    guess = ShownAnswer(2, 7, ("resnet34-lstm",), (caption,))
    first, second = album_text([sure, guess]).splitlines()[1:]
    assert (first, second) == ("1. A dog.", "2. A cat. 🤔")


def test_who_is_first_in_the_queue_is_told_no_place() -> None:
    assert placeholder_text(1) == "🔎 Looking at your photo…"
    assert placeholder_text(1, timedelta(minutes=1), is_album=True) == (
        "🔎 Looking at your photos…"
    )


@pytest.mark.parametrize(
    ("seconds", "estimate"),
    [
        (3, ""),
        (12, " That takes about 10 seconds."),
        (80, " That takes about 80 seconds."),
        (95, " That takes about 2 minutes."),
        (3600, " That takes about 60 minutes."),
    ],
)
def test_an_estimate_when_it_takes_long(seconds: int, estimate: str) -> None:
    text = placeholder_text(12, timedelta(seconds=seconds))
    assert text == f"🔎 Looking at your photo… Place in the queue: 12.{estimate}"


def album(photos: int, models: tuple[str, ...], length: int) -> list[ShownAnswer]:
    return [
        ShownAnswer(
            job, 7, models, tuple(ShownCaption(job, model, length * "x") for model in models)
        )
        for job in range(photos)
    ]


@pytest.mark.parametrize("models", [1, 2, 3])
def test_the_longest_album_fits_in_a_message(catalogue_of: Any, models: int) -> None:
    catalogue_of(models)
    names = ("resnet34-lstm", "mobilenet-attention", "third")[:models]
    text = album_text(album(10, names, 400))
    assert 1000 < len(text) <= 4096
    assert text.count("…") == 10 * models


def test_captions_of_few_photos_are_not_cut_short() -> None:
    text = album_text(album(2, ("resnet34-lstm", "mobilenet-attention"), 150))
    assert "…" not in text


@pytest.mark.parametrize(
    ("models", "english", "russian"),
    [
        (1, "No model tells where it looked.", "Ни одна модель не показывает, куда смотрела."),
        (
            2,
            "Only MobileNet tells where it looked, and its caption is not here.",
            "Показать, куда смотрела сеть, умеет только MobileNet, а её подписи здесь нет.",
        ),
        (
            3,
            "Only MobileNet and Third tell where they looked, and their captions are not here.",
            "Показать, куда смотрели, умеют только MobileNet и Third, а их подписей здесь нет.",
        ),
    ],
)
def test_which_models_would_have_a_picture(
    catalogue_of: Any, models: int, english: str, russian: str
) -> None:
    catalogue_of(models)
    assert no_attention_text() == english
    with in_language("ru"):
        assert no_attention_text() == russian
