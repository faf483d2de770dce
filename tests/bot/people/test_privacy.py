"""What is left after /forget."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.ratings import Feedback
from bot.people.privacy import Forgotten, Privacy
from bot.storage import Database
from bot.storage.tables import (
    CAPTIONED,
    QUEUED,
    Answer,
    Base,
    Caption,
    Job,
    Photo,
    Rating,
    User,
)

ALICE, BOB = 1001, 1002


@pytest.fixture
def privacy(database: Database, tmp_path: Path) -> Privacy:
    return Privacy(database, KeptPhotos(tmp_path / "photos"))


async def rate(database: Database, folder: Path, sent: Any, who: int) -> None:
    await Feedback(database, KeptPhotos(folder)).rate(
        user_id=who,
        chat_id=sent.chat_id,
        job_id=sent.job_id,
        caption_id=sent.caption_ids[0],
        value=1,
    )


async def rows(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {
            table.name: (await session.scalar(select(func.count()).select_from(table))) or 0
            for table in Base.metadata.sorted_tables
        }


async def test_nothing_is_left_of_a_person(
    privacy: Privacy, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE, kept_name="abc.jpg")
    await filler.photo_sent(ALICE)
    await rate(database, tmp_path / "photos", sent, ALICE)

    assert await privacy.forget(ALICE) == Forgotten(2, 4, 1, 0, ())
    assert set((await rows(database)).values()) == {0}
    assert list((tmp_path / "photos").iterdir()) == []


async def test_others_keep_everything(privacy: Privacy, database: Database, filler: Any) -> None:
    await filler.photo_sent(ALICE)
    await filler.photo_sent(BOB)
    await privacy.forget(ALICE)
    for table, ids in {
        User: [BOB],
        Photo: [2],
        Job: [2],
        Caption: [3, 4],
    }.items():
        async with database.read() as session:
            assert sorted(await session.scalars(select(table.id))) == ids


async def test_a_photo_that_somebody_else_sent_too_stays_for_them(
    privacy: Privacy, database: Database, filler: Any, tmp_path: Path
) -> None:
    mine = await filler.photo_sent(ALICE, kept_name="abc.jpg")
    theirs = await filler.photo_sent(BOB, same_as=mine)
    await rate(database, tmp_path / "photos", mine, ALICE)
    await rate(database, tmp_path / "photos", theirs, BOB)

    await privacy.forget(ALICE)
    async with database.read() as session:
        assert (await session.scalars(select(Job.user_id))).all() == [BOB]
        assert (await session.scalars(select(Rating.user_id))).all() == [BOB]
        assert len((await session.scalars(select(Answer.caption_id))).all()) == 2
    assert (tmp_path / "photos" / "abc.jpg").exists(), "Bob's rating needs it"

    await privacy.forget(BOB)
    assert not (tmp_path / "photos" / "abc.jpg").exists()


async def test_a_shared_photo_is_not_kept_for_ratings_that_are_gone(
    privacy: Privacy, database: Database, filler: Any, tmp_path: Path
) -> None:
    mine = await filler.photo_sent(ALICE, kept_name="abc.jpg")
    await filler.photo_sent(BOB, same_as=mine)
    await rate(database, tmp_path / "photos", mine, ALICE)

    await privacy.forget(ALICE)
    async with database.read() as session:
        photo = (await session.scalars(select(Photo))).one()
    assert (photo.kept_name, photo.fetch_state) == (None, None)
    assert list((tmp_path / "photos").iterdir()) == []


async def test_photos_under_way_are_dropped_and_their_placeholders_named(
    privacy: Privacy, database: Database, filler: Any
) -> None:
    await filler.photo_sent(ALICE, state=QUEUED)
    await filler.photo_sent(ALICE, state=CAPTIONED, placeholder_id=77)
    await filler.photo_sent(ALICE, placeholder_id=78)

    forgotten = await privacy.forget(ALICE)
    assert forgotten is not None
    assert forgotten.placeholders == ((ALICE, 77),), "78 is an answer already"
    assert (await rows(database))["jobs"] == 0


async def test_who_is_not_stored_cannot_be_forgotten(privacy: Privacy, filler: Any) -> None:
    assert await privacy.forget(ALICE) is None
    await filler.photo_sent(ALICE)
    await privacy.forget(ALICE)
    assert await privacy.forget(ALICE) is None
