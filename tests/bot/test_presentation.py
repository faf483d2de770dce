"""The texts that people read."""

import inspect
from datetime import timedelta

import pytest

from bot import presentation
from bot.answers import ShownCaption
from bot.presentation import forgotten_text
from bot.privacy import Forgotten


def test_an_answer_names_each_model_and_escapes_its_caption() -> None:
    shown = [
        ShownCaption(1, "resnet34-lstm", "A <b>dog</b> & a cat."),
        ShownCaption(2, "mobilenet-attention", "A dog."),
    ]
    assert presentation.answer_text(shown) == (
        "<b>ResNet-34 + LSTM</b>\nA &lt;b&gt;dog&lt;/b&gt; &amp; a cat.\n\n"
        "<b>MobileNet + attention</b>\nA dog."
    )


def test_who_is_first_in_the_queue_is_told_no_place() -> None:
    assert presentation.placeholder_text(1) == "🔎 Looking at your photo…"
    assert presentation.placeholder_text(1, timedelta(minutes=1), is_album=True) == (
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
    text = presentation.placeholder_text(12, timedelta(seconds=seconds))
    assert text == f"🔎 Looking at your photo… Place in the queue: 12.{estimate}"


@pytest.mark.parametrize("reason", ["too_large", "too_many_pixels", "bad_image", "download"])
def test_a_known_failure_has_its_own_text(reason: str) -> None:
    assert presentation.failure_text(reason) != presentation.failure_text("something else")
    assert "again" in presentation.failure_text("something else")


def test_an_unexpected_failure_has_the_number_that_the_log_has() -> None:
    assert "J17" in presentation.failure_text("captioning", 17)
    assert "J17" not in presentation.failure_text("bad_image", 17)


def test_start_says_what_is_stored_and_help_that_captions_are_english() -> None:
    assert "What is stored" in presentation.start_text()
    assert "/forget" in presentation.start_text()
    assert "The captions are in English." in presentation.help_text()
    for text in (presentation.start_text(), presentation.help_text()):
        assert "ResNet-34 + LSTM and MobileNet + attention" in text


def test_what_answers_a_press_fits_in_telegrams_200_characters() -> None:
    texts = [
        presentation.forgotten_answer_text(),
        presentation.outdated_button_text(),
        presentation.error_text("abc123"),
        *(presentation.rating_text(value) for value in (1, 0, -1)),
        *(presentation.choice_text(choice) for choice in ("both", "mobilenet-attention")),
    ]
    assert max(map(len, texts)) <= 200


def test_every_text_function_says_something() -> None:
    functions = [f for name, f in vars(presentation).items() if name.endswith("_text")]
    without_arguments = [f for f in functions if not inspect.signature(f).parameters]
    assert len(without_arguments) >= 8
    assert all(f().strip() for f in without_arguments)


def test_what_was_forgotten_is_counted_and_nothing_else() -> None:
    assert forgotten_text(Forgotten(2, 1, 0, 0, ())).startswith("Deleted: 2 photos, 1 caption, and")
    assert forgotten_text(Forgotten(0, 0, 0, 0, ())).startswith("Deleted: your settings.")
