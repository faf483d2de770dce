"""Captions that people write: stored, replaced, withdrawn, and waited for."""

from datetime import timedelta
from typing import Any

import pytest
from correcting import stored
from sqlalchemy import update

from bot.feedback.caption_rules import CaptionRefusedError
from bot.feedback.corrections import Corrections
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.own_captions import Cancelled, NotTheirsError, Target
from bot.feedback.ratings import Feedback
from bot.queue.answers import AnswerForgottenError
from bot.storage import Database
from bot.storage.tables import ALT_TEXT, Conversation, Job, Photo, User, utc_now

ALICE, BOB = 1001, 1002
GROUP = -100
TEXT = "A dog runs along a beach."


async def change_jobs(database: Database, *job_ids: int, **values: object) -> None:
    async with database.write() as session:
        await session.execute(update(Job).where(Job.id.in_(job_ids)).values(**values))


async def album(database: Database, filler: Any, count: int = 3, **values: object) -> list[Any]:
    photos = [await filler.photo_sent(ALICE) for _ in range(count)]
    jobs = [photo.job_id for photo in photos]
    await change_jobs(database, *jobs, media_group_id="album", **values)
    await change_jobs(database, *jobs[1:], lead_id=jobs[0])
    return photos


# ---- writing ----


async def test_each_member_of_a_group_writes_their_own(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await change_jobs(database, sent.job_id, chat_id=GROUP)
    await corrections.write(BOB, GROUP, sent.job_id, TEXT)
    await corrections.write(ALICE, GROUP, sent.job_id, "Two dogs run.")
    assert await stored(database) == [(BOB, TEXT), (ALICE, "Two dogs run.")]
    async with database.read() as session:
        assert await session.get(User, BOB) is not None


async def test_an_unusable_text_changes_nothing(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    for text in ("Dog", "Caption 1 of resnet34-lstm"):
        with pytest.raises(CaptionRefusedError):
            await corrections.write(ALICE, ALICE, sent.job_id, text)
    assert await stored(database) == []
    assert await corrections.target(ALICE, ALICE, None, anything=True) is not None


async def test_nobody_writes_about_a_photo_of_another_chat(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    with pytest.raises(AnswerForgottenError):
        await corrections.write(BOB, BOB, sent.job_id, TEXT)
    with pytest.raises(AnswerForgottenError):
        await corrections.begin(BOB, BOB, sent.job_id)
    # But one's own photo can be written about from elsewhere: in /history.
    await change_jobs(database, sent.job_id, chat_id=GROUP)
    request = await corrections.begin(ALICE, ALICE, sent.job_id)
    assert request.message_id is None, "the photo cannot be replied to there"


# ---- keeping the photo ----


async def test_the_photo_is_kept_as_long_as_it_is_corrected_or_rated(
    database: Database, filler: Any
) -> None:
    woken: list[None] = []
    corrections = Corrections(database, KeptPhotos(filler.kept_photos, lambda: woken.append(None)))
    feedback = Feedback(database, KeptPhotos(filler.kept_photos))
    sent = await filler.photo_sent(ALICE, kept_name="photo.jpg")

    def is_kept() -> bool:
        return (filler.kept_photos / "photo.jpg").exists()

    async with database.write() as session:
        await session.execute(update(Photo).values(fetch_state=None))

    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    assert len(woken) == 1
    async with database.read() as session:
        assert (await session.get_one(Photo, sent.photo_id)).fetch_state == "wanted"

    rating = {"user_id": ALICE, "chat_id": ALICE, "job_id": sent.job_id, "value": 1}
    await feedback.rate(**rating, caption_id=sent.caption_ids[0])
    assert await corrections.withdraw(ALICE, written.correction.correction_id)
    assert is_kept(), "the rating is still there"

    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    await feedback.rate(**rating, caption_id=sent.caption_ids[0])
    assert is_kept(), "the correction is still there"

    assert await corrections.withdraw(ALICE, written.correction.correction_id)
    assert not is_kept()
    async with database.read() as session:
        assert (await session.get_one(Photo, sent.photo_id)).fetch_state is None


async def test_only_one_s_own_is_withdrawn_and_only_once(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    correction_id = written.correction.correction_id
    with pytest.raises(NotTheirsError):
        await corrections.withdraw(BOB, correction_id)
    assert await stored(database) == [(ALICE, TEXT)]
    assert await corrections.withdraw(ALICE, correction_id)
    assert not await corrections.withdraw(ALICE, correction_id)


# ---- the conversation ----


async def test_the_next_text_is_the_caption_also_after_a_restart(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    request = await corrections.begin(ALICE, ALICE, sent.job_id)
    assert (request.is_new, request.current, request.number) == (True, None, None)
    assert await corrections.prompted(ALICE, ALICE, sent.job_id, 77) is None

    restarted = Corrections(database, KeptPhotos(filler.kept_photos))
    target = await restarted.target(ALICE, ALICE, None, anything=True)
    assert target == Target(sent.job_id, (sent.job_id,), asked=True)
    written = await restarted.write(ALICE, ALICE, sent.job_id, TEXT)
    assert written.prompt_id == 77
    assert await restarted.target(ALICE, ALICE, None, anything=True) is None

    request = await restarted.begin(ALICE, ALICE, sent.job_id)
    assert request.current is not None
    assert request.current.text == TEXT


async def test_a_double_click_asks_once_and_a_later_press_again(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    await corrections.prompted(ALICE, ALICE, sent.job_id, 77)
    assert not (await corrections.begin(ALICE, ALICE, sent.job_id)).is_new

    async with database.write() as session:
        earlier = utc_now() - timedelta(minutes=2)
        await session.execute(update(Conversation).values(created_at=earlier))
    again = await corrections.begin(ALICE, ALICE, sent.job_id)
    assert (again.is_new, again.former_prompt) == (True, 77)


async def test_another_photo_takes_the_place_of_the_first(
    corrections: Corrections, filler: Any
) -> None:
    first, second = await filler.photo_sent(ALICE), await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, first.job_id)
    await corrections.prompted(ALICE, ALICE, first.job_id, 77)
    assert (await corrections.begin(ALICE, ALICE, second.job_id)).former_prompt == 77
    # The question about the first arrived late: it is not needed any more.
    assert await corrections.prompted(ALICE, ALICE, first.job_id, 78) == 78
    target = await corrections.target(ALICE, ALICE, None, anything=True)
    assert target is not None
    assert target.job_id == second.job_id


async def test_cancelling_ends_it_and_an_old_question_cancels_no_newer_one(
    corrections: Corrections, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    await corrections.prompted(ALICE, ALICE, sent.job_id, 77)
    assert await corrections.cancel(ALICE, ALICE, prompt_id=76) is None
    assert await corrections.cancel(BOB, BOB) is None
    assert await corrections.cancel(ALICE, ALICE) == Cancelled(77, None)
    assert await corrections.target(ALICE, ALICE, None, anything=True) is None


async def test_what_is_written_a_day_later_is_no_caption(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    await corrections.prompted(ALICE, ALICE, sent.job_id, 77)
    async with database.write() as session:
        yesterday = utc_now() - timedelta(hours=25)
        await session.execute(update(Conversation).values(created_at=yesterday))
    assert await corrections.target(ALICE, ALICE, None, anything=True) is None
    # A reply to the question leaves no doubt.
    assert await corrections.target(ALICE, ALICE, 77, anything=True) is not None


async def test_after_another_photo_a_caption_may_be_of_either(
    corrections: Corrections, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    await corrections.prompted(ALICE, ALICE, sent.job_id, 77)
    later = await filler.photo_sent(ALICE)
    target = await corrections.target(ALICE, ALICE, None, anything=True)
    assert target == Target(sent.job_id, (sent.job_id,), asked=True, newer=later.job_id)
    assert target.photo(None) is None
    replied = await corrections.target(ALICE, ALICE, 77, anything=True)
    assert replied is not None
    assert replied.photo(None) == sent.job_id, "a reply to the question leaves no doubt"


async def test_cancelling_leaves_the_caption_that_there_is(
    corrections: Corrections, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    assert await corrections.cancel(ALICE, ALICE) == Cancelled(None, written.correction)


# ---- replies ----


async def test_a_reply_to_an_answer_is_about_it(corrections: Corrections, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE, placeholder_id=55)
    target = await corrections.target(ALICE, ALICE, 55, anything=False)
    assert target == Target(sent.job_id, (sent.job_id,), asked=False)
    assert await corrections.target(ALICE, ALICE, 56, anything=False) is None
    assert await corrections.target(BOB, BOB, 55, anything=False) is None


async def test_a_reply_to_what_is_no_answer_is_nothing(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    await filler.photo_sent(ALICE, state="queued", placeholder_id=55)
    await filler.photo_sent(ALICE, state="failed", failure="bad_image", placeholder_id=56)
    alternative = await filler.photo_sent(ALICE, placeholder_id=57)
    await change_jobs(database, alternative.job_id, purpose=ALT_TEXT)
    for message_id in (55, 56, 57):
        assert await corrections.target(ALICE, ALICE, message_id, anything=True) is None


async def test_a_reply_to_an_album_is_about_all_its_photos(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    photos = await album(database, filler)
    jobs = [photo.job_id for photo in photos]
    await change_jobs(database, jobs[0], placeholder_id=55, message_id=900)
    target = await corrections.target(ALICE, ALICE, 55, anything=False)
    # By the order of the messages, not of their arrival.
    assert target == Target(jobs[0], (jobs[1], jobs[2], jobs[0]), asked=False)

    assert (await corrections.begin(ALICE, ALICE, jobs[2])).number == 2
    assert (await corrections.write(ALICE, ALICE, jobs[0], TEXT)).number == 3


async def test_forgetting_ends_the_conversation(
    corrections: Corrections, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    await corrections.begin(ALICE, ALICE, sent.job_id)
    async with database.write() as session:
        await session.delete(await session.get_one(Photo, sent.photo_id))
    assert await corrections.target(ALICE, ALICE, None, anything=True) is None
    assert await stored(database) == []
    with pytest.raises(AnswerForgottenError):
        await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
