import asyncio
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from jpegs import jpeg, noise, pixels
from sqlalchemy import select

from bot.feedback.kept_folder import KeptFolderError
from bot.feedback.photo_fetcher import MAX_ATTEMPTS, PhotoFetcher, anonymous
from bot.queue.downloads import FileGoneError, UnavailableError
from bot.storage import Database
from bot.storage.tables import FETCH_FAILED, KEPT, WANTED, Photo
from captioning import ImageError


def test_a_jpeg_keeps_its_pixels_and_is_named_after_them() -> None:
    original = jpeg(1)
    assert b"Alice" in original
    name, content = anonymous(original)
    assert b"Alice" not in content
    assert name == f"{hashlib.sha256(content).hexdigest()}.jpg"
    assert (pixels(content) == pixels(original)).all()


def test_a_photo_that_only_xmp_calls_turned_is_turned_upright() -> None:
    name, content = anonymous(jpeg(xmp=b'<rdf:Description tiff:Orientation="6"/>'))
    assert name.endswith(".png")
    assert (pixels(content) == np.rot90(pixels(jpeg()), -1)).all()


def test_a_turned_photo_is_turned_upright() -> None:
    name, content = anonymous(jpeg(6))
    assert name.endswith(".png")
    assert b"Alice" not in content
    upright = np.rot90(pixels(jpeg()), -1)
    assert (pixels(content) == upright).all()


def test_other_formats_keep_their_pixels() -> None:
    buffer = io.BytesIO()
    noise().save(buffer, "WEBP", lossless=True, exif=b"Exif\0\0Alice")
    name, content = anonymous(buffer.getvalue())
    assert name.endswith(".png")
    assert b"Alice" not in content
    assert (pixels(content) == np.asarray(noise())).all()


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(ImageError):
        anonymous(b"hello")


class Shelf:
    """Fetches photos over a real database, with a download that the test decides."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.fetcher = PhotoFetcher(database, folder, self._download)
        self.content = jpeg()
        self.errors: list[Exception] = []
        self.meanwhile: Callable[[], object] | None = None

    async def _download(self, file_id: str) -> bytes:
        if self.meanwhile is not None:
            await self.meanwhile()  # type: ignore[misc]
        if self.errors:
            raise self.errors.pop(0)
        return self.content

    async def want(self, name: str = "1") -> int:
        async with self.database.write() as session:
            photo = Photo(
                file_unique_id=name, file_id=name, width=60, height=40, fetch_state=WANTED
            )
            session.add(photo)
            await session.flush()
            return photo.id

    async def photo(self, photo_id: int) -> Photo:
        async with self.database.read() as session:
            return await session.get_one(Photo, photo_id)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Shelf(database, folder)


async def test_a_wanted_photo_is_kept(shelf: Shelf) -> None:
    photo_id = await shelf.want()
    assert await shelf.fetcher.fetch_next()
    photo = await shelf.photo(photo_id)
    assert photo.fetch_state == KEPT
    assert shelf.files() == [photo.kept_name]
    assert b"Alice" not in (shelf.folder / (photo.kept_name or "")).read_bytes()
    assert not await shelf.fetcher.fetch_next()


async def test_a_photo_that_is_no_longer_wanted_is_dropped(shelf: Shelf) -> None:
    photo_id = await shelf.want()

    async def take_back() -> None:
        async with shelf.database.write() as session:
            (await session.get_one(Photo, photo_id)).fetch_state = None

    shelf.meanwhile = take_back
    await shelf.fetcher.fetch_next()
    assert shelf.files() == []
    assert (await shelf.photo(photo_id)).kept_name is None


async def test_a_photo_that_is_gone_is_given_up(shelf: Shelf) -> None:
    shelf.errors = [FileGoneError("gone")]
    photo_id = await shelf.want()
    await shelf.fetcher.fetch_next()
    assert (await shelf.photo(photo_id)).fetch_state == FETCH_FAILED


async def test_a_failed_download_waits_and_is_given_up_in_the_end(shelf: Shelf) -> None:
    photo_id = await shelf.want()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        shelf.errors = [UnavailableError("cut")]
        assert await shelf.fetcher.fetch_next()
        assert not await shelf.fetcher.fetch_next()
        assert (await shelf.photo(photo_id)).fetch_attempts == attempt
        async with shelf.database.write() as session:
            (await session.get_one(Photo, photo_id)).fetch_after = None
    assert (await shelf.photo(photo_id)).fetch_state == FETCH_FAILED


async def test_a_start_fetches_what_waits_and_puts_aside_what_nobody_knows(shelf: Shelf) -> None:
    (shelf.folder / "stray.jpg").write_bytes(b"left by a killed process")
    photo_id = await shelf.want()
    await shelf.fetcher.tidy()
    assert shelf.files() == []
    assert (shelf.folder.parent / "photos-aside" / "stray.jpg").is_file()
    fetching = asyncio.create_task(shelf.fetcher.run())
    for _ in range(1000):
        if (await shelf.photo(photo_id)).fetch_state == KEPT:
            break
    fetching.cancel()
    async with shelf.database.read() as session:
        assert list(await session.scalars(select(Photo.kept_name))) == shelf.files()


async def test_a_place_that_cannot_be_written_is_said_once_and_waited_for(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.feedback.photo_fetcher.POLL_SECONDS", 0.01)
    photo_id = await shelf.want()
    shelf.folder.rmdir()
    shelf.folder.write_text("notes")
    downloads: list[None] = []

    async def count() -> None:
        downloads.append(None)

    shelf.meanwhile = count
    await shelf.fetcher.tidy()
    fetching = asyncio.create_task(shelf.fetcher.run())
    await asyncio.sleep(0.1)
    assert not downloads, "it is not downloaded in vain"
    assert caplog.text.count("cannot be used") == 1
    assert "Traceback" not in caplog.text
    assert shelf.database.availability.trouble is None
    shelf.folder.unlink()
    for _ in range(1000):
        if (await shelf.photo(photo_id)).fetch_state == KEPT:
            break
    fetching.cancel()
    photo = await shelf.photo(photo_id)
    assert (photo.fetch_attempts, shelf.files()) == (0, [photo.kept_name])


async def test_a_disk_that_fills_up_meanwhile_is_not_the_databases_trouble(shelf: Shelf) -> None:
    photo_id = await shelf.want()

    async def fill() -> None:
        (shelf.folder / anonymous(shelf.content)[0]).with_suffix(".part").symlink_to("/dev/full")

    shelf.meanwhile = fill
    with pytest.raises(KeptFolderError, match="No space left"):
        await shelf.fetcher.fetch_next()
    assert shelf.database.availability.trouble is None
    assert (await shelf.photo(photo_id)).fetch_state == WANTED
