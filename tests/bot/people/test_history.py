"""The pages of /history."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from bot.feedback.corrections import Corrections
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.ratings import Feedback
from bot.people.history import History
from bot.storage import Database
from bot.storage.tables import ALT_TEXT, Job, Photo

ALICE, BOB = 1001, 1002


@pytest.fixture
def history(database: Database) -> History:
    return History(database)


async def test_the_newest_photo_comes_first_with_all_that_is_known(
    history: History, database: Database, filler: Any
) -> None:
    old, new = await filler.photo_sent(ALICE), await filler.photo_sent(ALICE)
    await filler.photo_sent(BOB)
    rating = {"user_id": ALICE, "chat_id": ALICE, "job_id": new.job_id, "value": -1}
    await Feedback(database, KeptPhotos(filler.kept_photos)).rate(
        **rating, caption_id=new.caption_ids[1]
    )
    await Corrections(database, KeptPhotos(filler.kept_photos)).write(
        ALICE, ALICE, new.job_id, "A red dog."
    )

    page = await history.page(ALICE)
    assert page is not None
    assert (page.job_id, page.number, page.total) == (new.job_id, 1, 2)
    assert (page.newer, page.older) == (None, old.job_id)
    assert [caption.rating for caption in page.captions] == [0, -1]
    assert page.correction == "A red dog."

    page = await history.page(ALICE, old.job_id)
    assert page is not None
    assert (page.number, page.newer, page.older) == (2, new.job_id, None)
    assert page.correction is None
    assert page.file_id == "file-1"


async def test_nothing_to_show(history: History, filler: Any, database: Database) -> None:
    assert await history.page(ALICE) is None
    await filler.photo_sent(ALICE, state="failed", failure="bad_image")
    await filler.photo_sent(ALICE, state="queued")
    alternative = await filler.photo_sent(ALICE)
    async with database.write() as session:
        await session.execute(
            update(Job).where(Job.id == alternative.job_id).values(purpose=ALT_TEXT)
        )
    assert await history.page(ALICE) is None


async def test_a_photo_sent_twice_is_one_page(history: History, filler: Any) -> None:
    first = await filler.photo_sent(ALICE)
    await filler.photo_sent(ALICE)
    again = await filler.photo_sent(ALICE, same_as=first)
    page = await history.page(ALICE)
    assert page is not None
    assert (page.job_id, page.total) == (again.job_id, 2)


async def test_the_page_of_a_deleted_photo_is_the_next_older_one(
    history: History, filler: Any, database: Database
) -> None:
    photos = [await filler.photo_sent(ALICE) for _ in range(3)]

    async def page_after_deleting(which: Any) -> int:
        async with database.write() as session:
            await session.execute(delete(Photo).where(Photo.id == which.photo_id))
        page = await history.page(ALICE, which.job_id)
        assert page is not None
        return page.job_id

    assert await page_after_deleting(photos[1]) == photos[0].job_id
    # There is none older: the oldest that is left.
    assert await page_after_deleting(photos[0]) == photos[2].job_id
