"""The message that shows an outcome."""

from dataclasses import replace

import pytest
from conversing import texts

from bot.queue.answers import ShownAnswer, ShownCaption
from bot.queue.steps import Claim, Outcome
from bot.storage.tables import ALT_TEXT, ANSWER
from bot.telegram.answer_view import keyboard_of, outcome_keyboard, outcome_text
from bot.texts.answers import album_text, alt_text, answer_text, failure_text

RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


def answer(job_id: int = 1, failure: str | None = None) -> ShownAnswer:
    captions = () if failure else (ShownCaption(10 + job_id, RESNET, f"Dog {job_id}."),)
    return ShownAnswer(job_id, 7, (RESNET, MOBILENET), captions, failure)


def outcome(*answers: ShownAnswer, purpose: str = ANSWER) -> Outcome:
    return Outcome(Claim(1, "token", 1), 7, 1, 7, "en", purpose, 500, answers)


BROKEN = answer(2, "bad_image")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (outcome(answer()), answer_text(answer().captions)),
        (outcome(BROKEN), failure_text("bad_image", 2)),
        (outcome(answer(), BROKEN), album_text((answer(), BROKEN))),
        (outcome(answer(), purpose=ALT_TEXT), alt_text((answer(),))),
    ],
)
def test_the_text_is_that_of_what_is_shown(shown: Outcome, text: str) -> None:
    assert outcome_text(shown) == text


def test_buttons_are_those_of_the_first_photo_with_captions() -> None:
    assert outcome_keyboard(outcome(BROKEN, answer(3))) == keyboard_of(answer(3))
    assert outcome_keyboard(outcome(BROKEN)) is None
    assert outcome_keyboard(outcome(answer(), purpose=ALT_TEXT)) is None


def test_an_album_has_a_number_for_each_photo_with_captions() -> None:
    jobs = (1, None, 3, 4, 5, 6, 7)
    rows = texts(keyboard_of(replace(answer(3), album=jobs)))
    assert rows[:2] == [["1", "• 3 •", "4", "5", "6"], ["7"]]
    assert rows[2] == ["👍", "👎"]
    assert texts(keyboard_of(replace(answer(), album=(1, None))))[0] == ["👍", "👎"]
