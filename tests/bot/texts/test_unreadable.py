"""What people are told of what cannot be captioned."""

import pytest

from bot.texts.answers import failure_text
from bot.texts.unreadable import Unreadable, unreadable_text


def test_a_format_is_named_where_it_is_known() -> None:
    assert unreadable_text(Unreadable("format", "HEIC")).startswith("I cannot read HEIC files.")
    assert unreadable_text(Unreadable("format")).startswith("This picture came as a file.")


def test_too_large_is_said_as_for_a_photo_that_is_downloaded() -> None:
    assert unreadable_text(Unreadable("too_large")) == failure_text("too_large")
    assert "20 MB" in failure_text("too_large")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("animation", "moving pictures"),
        ("animated_sticker", "sticker moves"),
        ("video", "videos"),
        ("document", "this file"),
    ],
)
def test_each_kind_has_its_words(reason: str, words: str) -> None:
    assert words in unreadable_text(Unreadable(reason))
