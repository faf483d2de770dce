"""What a page of /history says."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.i18n import in_language
from bot.people.history import Page
from bot.queue.answers import ShownCaption
from bot.texts.history import page_text

MODELS = ("resnet34-lstm", "mobilenet-attention", "third")


def page(captions: tuple[ShownCaption, ...], correction: str | None) -> Page:
    return Page(
        job_id=1,
        number=1,
        total=1,
        newer=None,
        older=None,
        file_id="file",
        received_at=datetime(2026, 3, 10, tzinfo=UTC),
        captions=captions,
        correction=correction,
    )


def test_a_page_has_captions_ratings_the_persons_own_and_the_date() -> None:
    text = page_text(page((ShownCaption(1, "resnet34-lstm", "A <dog>.", rating=1),), "A cat."))
    assert text == (
        "<b>ResNet-34 + LSTM</b> 👍\nA &lt;dog&gt;.\n\n"
        "<b>✏️ Your caption</b>\nA cat.\n\n"
        "<i>March 10, 2026</i>"
    )


@pytest.mark.parametrize("models", [1, 2, 3])
def test_the_longest_page_fits_under_a_picture(catalogue_of: Any, models: int) -> None:
    catalogue_of(models)
    captions = tuple(ShownCaption(1, name, 500 * "x") for name in MODELS[:models])
    text = re.sub("<[^>]+>", "", page_text(page(captions, 500 * "x")))
    assert 500 < len(text) <= 1024
    assert text.count("…") == models + 1


def test_the_date_is_in_the_readers_language() -> None:
    with in_language("ru"):
        assert "марта" in page_text(page((), None))
