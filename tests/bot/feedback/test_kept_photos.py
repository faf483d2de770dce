"""Which photos are kept on disk; tests of ratings and corrections show what makes them so."""

from pathlib import Path
from typing import Any

import pytest

from bot.feedback.kept_photos import KeptPhotos
from bot.storage import Database
from bot.storage.tables import FETCH_FAILED, WANTED, Photo, Rating

ALICE = 1001


@pytest.fixture
def kept_photos(filler: Any) -> KeptPhotos:
    return KeptPhotos(filler.kept_photos)


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def settle(kept_photos: KeptPhotos, database: Database, *photo_ids: int) -> bool:
    async with database.write() as session:
        photos = [await session.get_one(Photo, photo_id) for photo_id in photo_ids]
        return await kept_photos.settle(session, photos)


async def test_a_photo_that_could_not_be_had_is_wanted_once_more(
    kept_photos: KeptPhotos, database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        photo = await session.get_one(Photo, sent.photo_id)
        photo.fetch_state, photo.fetch_attempts = FETCH_FAILED, 8
        session.add(Rating(user_id=ALICE, caption_id=sent.caption_ids[0], value=1))
    assert await settle(kept_photos, database, sent.photo_id)
    async with database.read() as session:
        photo = await session.get_one(Photo, sent.photo_id)
    assert (photo.fetch_state, photo.fetch_attempts) == (WANTED, 0)


async def test_a_file_goes_with_the_last_photo_that_it_is_of(
    kept_photos: KeptPhotos, database: Database, filler: Any
) -> None:
    one, same = [await filler.photo_sent(ALICE, kept_name="same.jpg") for _ in range(2)]
    assert not await settle(kept_photos, database, one.photo_id)
    assert files_in(filler.kept_photos) == ["same.jpg"]
    assert not await settle(kept_photos, database, same.photo_id)
    assert files_in(filler.kept_photos) == []
