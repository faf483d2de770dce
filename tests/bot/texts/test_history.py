"""A page of /history in words."""

from datetime import UTC, datetime

from bot.i18n import in_language
from bot.people.history import Page
from bot.queue.answers import ShownCaption
from bot.texts.history import MAX_CHARACTERS, page_text


def page(*captions: ShownCaption, correction: str | None = None) -> Page:
    return Page(
        job_id=1,
        number=1,
        total=1,
        file_id="file",
        received_at=datetime(2026, 3, 10, tzinfo=UTC),
        captions=captions,
        correction=correction,
        newer=None,
        older=None,
    )


def test_a_page_has_the_captions_with_their_ratings_ones_own_and_the_date() -> None:
    captions = (
        ShownCaption(1, "resnet34-lstm", "A <dog>.", rating=1),
        ShownCaption(2, "mobilenet-attention", "A cat.", rating=-1),
    )
    assert page_text(page(*captions, correction="Two & two.")) == (
        "<b>ResNet-34 + LSTM</b> 👍\nA &lt;dog&gt;.\n\n"
        "<b>MobileNet + attention</b> 👎\nA cat.\n\n"
        "<b>✏️ Your caption</b>\nTwo &amp; two.\n\n"
        "<i>March 10, 2026</i>"
    )


def test_the_date_is_in_the_readers_language() -> None:
    with in_language("ru"):
        assert "марта" in page_text(page())


def test_a_long_caption_is_cut() -> None:
    text = page_text(page(ShownCaption(1, "resnet34-lstm", "a" * 1000)))
    assert "a" * (MAX_CHARACTERS - 1) + "…" in text
    assert "a" * MAX_CHARACTERS not in text
