"""The words about captions that people write."""

import pytest

from bot.feedback import caption_rules
from bot.feedback.own_captions import OwnCaption, Request, Written
from bot.texts.corrections import (
    cancelled_text,
    placeholder,
    prompt_text,
    refusal_text,
    replace_text,
    written_text,
)

OWN = OwnCaption(1, "A <dog> & a cat.")


def request(number: int | None = None, current: OwnCaption | None = None) -> Request:
    return Request(1, number, 2, current, is_new=True, former_prompt=None)


@pytest.mark.parametrize("name", [None, "<b>Alice</b>"])
@pytest.mark.parametrize("number", [None, 3])
def test_a_question_names_the_person_and_the_photo(name: str | None, number: int | None) -> None:
    text = prompt_text(request(number), name)
    assert (name is not None) == ("<b>Alice</b>" in text)
    assert (number is not None) == ("photo 3" in text)
    assert "in English" in text


def test_what_somebody_wrote_is_escaped() -> None:
    assert "“A &lt;dog&gt; &amp; a cat.”" in prompt_text(request(current=OWN))
    assert written_text(Written(OWN, None, None, None)).endswith("“A &lt;dog&gt; &amp; a cat.”")


@pytest.mark.parametrize(
    ("former", "number", "words"),
    [
        (None, None, "is stored"),
        ("A <cat>.", None, "is replaced"),
        (None, 2, "photo 2 is stored"),
        ("A <cat>.", 2, "photo 2 is replaced"),
    ],
)
def test_thanks_say_what_became_of_it(former: str | None, number: int | None, words: str) -> None:
    text = written_text(Written(OWN, former, number, None))
    assert words in text
    assert ("<blockquote>A &lt;cat&gt;.</blockquote>" in text) == (former is not None)


def test_whoever_cancels_hears_what_stays() -> None:
    assert cancelled_text(None) == "All right, no caption."
    assert "stays: “A &lt;dog&gt; &amp; a cat.”" in cancelled_text(OWN)
    assert "“A &lt;dog&gt;”" in replace_text("A cat.", "A <dog>")


def test_every_rule_has_words_of_its_own() -> None:
    reasons = [
        value
        for name, value in vars(caption_rules).items()
        if name.isupper() and isinstance(value, str)
    ]
    assert len(reasons) >= 7
    assert len({refusal_text(reason) for reason in reasons}) == len(reasons)
    assert refusal_text(caption_rules.LINK, "Alice").startswith("Alice: Please leave out links")


def test_the_empty_field_shows_at_most_64_characters() -> None:
    assert 0 < len(placeholder()) <= 64
