"""The texts that people read."""

import inspect

import pytest

from bot import presentation
from bot.answers import ShownCaption
from bot.reports import stats_text
from bot.stats import Counts, Latency, ModelRatings, Summary


def test_an_answer_names_each_model_and_escapes_its_caption() -> None:
    shown = [
        ShownCaption(1, "resnet34-lstm", "A <b>dog</b> & a cat."),
        ShownCaption(2, "mobilenet-attention", "A dog."),
    ]
    assert presentation.answer_text(shown) == (
        "<b>ResNet-34 + LSTM</b>\nA &lt;b&gt;dog&lt;/b&gt; &amp; a cat.\n\n"
        "<b>MobileNet + attention</b>\nA dog."
    )


def test_the_place_in_the_queue_counts_from_one() -> None:
    assert "Place in the queue: 1." in presentation.placeholder_text(0)
    assert "Place in the queue: 12." in presentation.placeholder_text(12)


@pytest.mark.parametrize("reason", ["too_large", "bad_image", "download"])
def test_a_known_failure_has_its_own_text(reason: str) -> None:
    assert presentation.failure_text(reason) != presentation.failure_text("something else")
    assert "again" in presentation.failure_text("something else")


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


def test_the_report_of_a_busy_bot() -> None:
    summary = Summary(
        users=Counts(1, 2, 3),
        photos=Counts(4, 5, 6),
        captions=Counts(7, 8, 9),
        ratings=(ModelRatings("resnet34-lstm", 3, 1), ModelRatings("mobilenet-attention", 0, 0)),
        latency=Latency(1.25, 3.5),
        queue_length=2,
        failures={"bad_image": Counts(0, 1, 2)},
    )
    assert stats_text(summary).splitlines() == [
        "<b>Today (UTC) / 7 days / in all</b>",
        "Users: 1 / 2 / 3",
        "Photos: 4 / 5 / 6",
        "Captions: 7 / 8 / 9",
        "",
        "<b>Ratings</b>",
        "ResNet-34 + LSTM: 👍 3 👎 1 – 75% 👍 (95 %: 30% to 95%)",
        "MobileNet + attention: no ratings yet",
        "",
        "<b>From photo to answer, 7 days</b>",
        "p50 1.2 s, p95 3.5 s",
        "",
        "<b>Queue</b>",
        "2 photos waiting",
        "",
        "<b>Failures</b>",
        "bad_image: 0 / 1 / 2",
    ]


def test_the_report_of_a_new_bot() -> None:
    nothing = Counts(0, 0, 0)
    text = stats_text(Summary(nothing, nothing, nothing, (), None, 0, {}))
    assert "no answers yet" in text
    assert text.endswith("none")
