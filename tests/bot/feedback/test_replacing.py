"""A caption in the place of an earlier one: asked first, undone, withdrawn by its own button."""

from typing import Any

import pytest
from correcting import stored

from bot.feedback.corrections import Corrections
from bot.feedback.own_captions import NotTheirsError
from bot.storage import Database

ALICE, BOB = 1001, 1002
TEXT = "A dog runs along a beach."


async def test_one_caption_for_each_person_and_photo(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    first = await corrections.write(ALICE, ALICE, sent.job_id, f"  {TEXT}\n")
    assert (first.correction.text, first.former, first.number) == (TEXT, None, None)

    second = await corrections.write(ALICE, ALICE, sent.job_id, "Two dogs run.")
    assert second.former == TEXT
    assert second.correction.correction_id != first.correction.correction_id
    assert await stored(database) == [(ALICE, "Two dogs run.")]


async def test_a_text_that_replaces_another_can_be_undone(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    first = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    second = await corrections.write(ALICE, ALICE, sent.job_id, "A cat sleeps.")
    assert (first.former, second.former) == (None, TEXT)
    first_id, second_id = first.correction.correction_id, second.correction.correction_id
    assert not await corrections.withdraw(ALICE, first_id), "the older button is of the older one"
    assert await corrections.undo(ALICE, first_id, "A bird.") is None
    with pytest.raises(NotTheirsError):
        await corrections.undo(BOB, second_id, TEXT)
    undone = await corrections.undo(ALICE, second_id, TEXT)
    assert undone is not None
    assert await stored(database) == [(ALICE, TEXT)]
    again = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    assert again.correction == undone.correction, "the same text changes nothing"


async def test_what_a_reply_would_replace(corrections: Corrections, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    assert await corrections.replaceable(ALICE, ALICE, sent.job_id, "A cat sleeps.") is None
    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    assert await corrections.replaceable(ALICE, ALICE, sent.job_id, f" {TEXT}") is None
    known = await corrections.replaceable(ALICE, ALICE, sent.job_id, "A cat sleeps.")
    assert known == written.correction
