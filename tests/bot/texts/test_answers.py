from datetime import timedelta

import pytest

from bot.queue.answers import ShownCaption
from bot.texts.answers import answer_text, placeholder_text


def test_an_answer_names_each_model_and_escapes_its_caption() -> None:
    shown = [
        ShownCaption(1, "resnet34-lstm", "A <b>dog</b> & a cat."),
        ShownCaption(2, "mobilenet-attention", "A dog."),
    ]
    assert answer_text(shown) == (
        "<b>ResNet-34 + LSTM</b>\nA &lt;b&gt;dog&lt;/b&gt; &amp; a cat.\n\n"
        "<b>MobileNet + attention</b>\nA dog."
    )


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
