"""Limits and bans in words."""

from datetime import timedelta

import pytest

from bot.queue.jobs import Refusal
from bot.texts.access import (
    ban_text,
    banned_text,
    limit_text,
    not_invited_text,
    unban_text,
    waiting_text,
)


@pytest.mark.parametrize(
    ("refusal", "photos", "told"),
    [
        (
            Refusal("minute", 1, timedelta(seconds=0.2)),
            1,
            ["this photo.", "1 photo a minute", "in 1 second."],
        ),
        (
            Refusal("minute", 20, timedelta(seconds=41.5)),
            7,
            ["7 photos,", "20 photos a", "in 42 seconds."],
        ),
        (Refusal("day", 300, timedelta(minutes=61)), 2, ["300 photos a day", "in 2 hours."]),
        (Refusal("day", 1, timedelta(minutes=1)), 1, ["1 photo a day", "in 1 hour."]),
    ],
)
def test_a_limit_says_how_much_it_refused_and_when_to_go_on(
    refusal: Refusal, photos: int, told: list[str]
) -> None:
    assert all(words in limit_text(refusal, photos) for words in told)


def test_what_waits_need_not_be_sent_again() -> None:
    one, many = (waiting_text(n, 20, timedelta(seconds=61)) for n in (1, 7))
    assert one.startswith("⏳ This photo waits")
    assert "7 photos, from this one on, wait" in many
    assert "20 photos a minute" in many
    assert many.endswith("in 2 minutes.")


def test_what_answers_a_press_fits_in_telegrams_200_characters() -> None:
    assert len(banned_text()) <= 200
    assert len(not_invited_text(-(10**13))) <= 200


def test_a_ban_tells_what_it_has_done() -> None:
    assert ban_text(7, is_new=False, dropped=0) == "7 is banned already."
    assert "waiting" not in ban_text(7, is_new=True, dropped=0)
    assert "1 photo that was waiting" in ban_text(7, is_new=True, dropped=1)
    assert unban_text(7, was_banned=False) == "7 was not banned."
    assert "may use the bot again" in unban_text(7, was_banned=True)
