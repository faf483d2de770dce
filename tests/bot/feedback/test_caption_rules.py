"""Which texts are captions that a model can learn from."""

import pytest

from bot.feedback.caption_rules import (
    LINK,
    NOT_ENGLISH,
    QUESTION,
    REPETITIVE,
    SAME,
    TALK,
    TOO_LONG,
    TOO_SHORT,
    CaptionRefusedError,
    check,
    is_mended,
    numbered,
    tidy,
)


@pytest.mark.parametrize(
    "text",
    [
        "A dog.",
        "Two children, aged 5 and 7, play near a café.",
        "A man holds a sign that says “Добро”, and many people in red shirts watch him closely.",
        "A boy jumps 🎉 into the water!",
        "The no. 10 bus stops at 10:30.",
        "A sign asks “Who?”, and a woman at 3.5 metres laughs.",
        "a" + " very" * 3 + " long dog",
        "Great white sharks swim in the sea.",
        "Nice people wave at a bus.",
        "No parking sign on a wall.",
    ],
)
def test_what_people_write_is_taken(text: str) -> None:
    check(tidy(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", TOO_SHORT),
        ("Dog", TOO_SHORT),
        ("🐶🐶 !!", TOO_SHORT),
        ("a b", TOO_SHORT),
        ("A dog " + "and a very good friend of it " * 8, TOO_LONG),
        ("A dog, see www.dogs.example", LINK),
        ("Dogs at https://dogs.example", LINK),
        ("My dog, more at dogs.com", LINK),
        ("A dog that @somebody owns", LINK),
        ("Call +1 202 555 0143 for dogs", LINK),
        ("My dog, more at dogs.co.uk or собаки.рф", LINK),
        ("Write to me@ab.example about the dog", LINK),
        ("Call 8.800.555.35.35 for dogs", LINK),
        ("Собака бежит по пляжу", NOT_ENGLISH),
        ("一只狗 在 海滩", NOT_ENGLISH),
        ("A doooooog runs", REPETITIVE),
        ("dog dog dog dog on a beach", REPETITIVE),
        ("Is that really a dog?", QUESTION),
        ("a DOG runs along the beach", SAME),
        ("thank you very much!", TALK),
        ("Thanks a lot, that helps", TALK),
        ("Very good job, bot!", TALK),
        ("wow, great, thank you", TALK),
        ("That is wrong", TALK),
        ("I love it very much!", TALK),
        ("Hello there 🙂", TALK),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CaptionRefusedError) as refused:
        check(tidy(text), known=("A dog runs, along the beach.",))
    assert refused.value.reason == reason


def test_a_caption_is_one_line_without_what_cannot_be_seen() -> None:
    assert tidy("  A dog\n\n runs\u200b \u202ealong\tthe beach. ") == "A dog runs along the beach."
    assert tidy("cafe\u0301") == "café"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2: a dog", (2, "a dog")),
        (" 10:a dog", (10, "a dog")),
        ("3. A dog", (3, "A dog")),
        ("3) A dog", (3, "A dog")),
        ("2 A show dog", (2, "A show dog")),
        ("2 the dog", (2, "the dog")),
        ("2 - a dog", (2, "a dog")),
        ("Photo 2: a dog", (2, "a dog")),
        ("#2 a dog", (2, "a dog")),
        ("no. 3, a dog", (3, "a dog")),
        ("2 dogs on a beach", (None, "2 dogs on a beach")),
        ("2-year-old boys", (None, "2-year-old boys")),
        ("number 10 bus stops", (None, "number 10 bus stops")),
        ("2.5 litres of milk", (None, "2.5 litres of milk")),
        ("a dog: 2 legs", (None, "a dog: 2 legs")),
    ],
)
def test_a_number_in_front_tells_the_photo(text: str, expected: tuple[int | None, str]) -> None:
    assert numbered(text) == expected


def test_a_mended_text_is_told_from_a_new_one() -> None:
    assert is_mended("A dgo runs.", "A dog runs.")
    assert is_mended("A woamn in an orange suit.", "A woman in an orange space suit.")
    assert not is_mended("A dog runs along a beach.", "Thank you very much!")
