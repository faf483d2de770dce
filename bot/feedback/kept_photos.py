"""Keeps the photos behind rated or corrected captions, so that they can be learnt from later."""

import asyncio
import hashlib
import io
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.jpeg import NotPlainJpegError, without_metadata
from bot.queue.downloads import Download, FileGoneError, FileTooLargeError, UnavailableError
from bot.storage import Database
from bot.storage.tables import (
    FETCH_FAILED,
    KEPT,
    WANTED,
    Caption,
    Correction,
    Photo,
    Rating,
    utc_now,
)
from captioning import ImageError, open_image

logger = logging.getLogger(__name__)

POLL_SECONDS = 30.0
MAX_ATTEMPTS = 8
FIRST_DELAY = timedelta(seconds=10)


class KeptPhotos:
    """Fetches wanted photos into a folder, one at a time, under names made from their content."""

    def __init__(self, database: Database, folder: Path, download: Download) -> None:
        self._database = database
        self._folder = folder
        self._download = download
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is a photo to fetch."""
        self._wake.set()

    async def start(self) -> None:
        """Tidy up after an earlier process, and begin."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await self._sweep()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once; what was being fetched is fetched after the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def fetch_next(self) -> bool:
        """Fetch the photo that has been wanted for longest; false when none is due."""
        due = select(Photo).where(
            Photo.fetch_state == WANTED,
            or_(Photo.fetch_after.is_(None), Photo.fetch_after <= utc_now()),
        )
        async with self._database.read() as session:
            photo = await session.scalar(due.order_by(Photo.id).limit(1))
        if photo is None:
            return False
        try:
            data = await self._download(photo.file_id)
            name, content = await asyncio.to_thread(anonymous, data)
        except (FileGoneError, FileTooLargeError, ImageError) as error:
            logger.warning("Photo %d cannot be kept: %s", photo.id, error)
            await self._failed(photo.id, for_good=True)
        except UnavailableError as error:
            logger.warning("Photo %d has to wait: %s", photo.id, error)
            await self._failed(photo.id, for_good=False)
        else:
            await self._keep(photo.id, name, content)
        return True

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                found = await self.fetch_next()
            except Exception:
                logger.exception("Keeping a photo failed; trying again")
                found = False
            if not found:
                # Not wait_for: until Python 3.12 it loses a cancellation that meets a wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def _keep(self, photo_id: int, name: str, content: bytes) -> None:
        async with self._database.write() as session:
            photo = await session.get(Photo, photo_id)
            if photo is None or photo.fetch_state != WANTED:
                return  # the rating was taken back, or everything forgotten, in the meantime
            # Written before the commit: a row never points at a file that is not there.
            await asyncio.to_thread(_write, self._folder / name, content)
            photo.kept_name = name
            photo.fetch_state = KEPT
            photo.fetch_after = None

    async def _failed(self, photo_id: int, *, for_good: bool) -> None:
        async with self._database.write() as session:
            photo = await session.get(Photo, photo_id)
            if photo is None or photo.fetch_state != WANTED:
                return
            photo.fetch_attempts += 1
            if for_good or photo.fetch_attempts >= MAX_ATTEMPTS:
                photo.fetch_state = FETCH_FAILED
            else:
                photo.fetch_after = utc_now() + FIRST_DELAY * 2 ** (photo.fetch_attempts - 1)

    async def _sweep(self) -> None:
        """Delete files that a process was killed over before it could commit their rows."""
        async with self._database.write() as session:
            kept = set(await session.scalars(select(Photo.kept_name).distinct()))
            await asyncio.to_thread(_delete_others, self._folder, kept)


async def settle_keeping(session: AsyncSession, photos: Iterable[Photo]) -> set[str]:
    """Make photos wanted on disk when they are rated or corrected, and unwanted otherwise.

    Returns:
        The names of kept files that no photo needs any more.
    """
    released: set[str] = set()
    for photo in photos:
        rated = exists().where(Rating.caption_id == Caption.id, Caption.photo_id == photo.id)
        corrected = exists().where(Correction.photo_id == photo.id)
        if not await session.scalar(select(or_(rated, corrected))):
            if photo.kept_name is not None:
                released.add(photo.kept_name)
            photo.fetch_state = photo.fetch_after = photo.kept_name = None
            photo.fetch_attempts = 0
        elif photo.fetch_state not in (WANTED, KEPT):
            # Never tried, or given up: perhaps Telegram gives it out by now.
            photo.fetch_state, photo.fetch_attempts, photo.fetch_after = WANTED, 0, None
    await session.flush()
    return await without_needed(session, released)


async def without_needed(session: AsyncSession, names: set[str]) -> set[str]:
    """The `names` of kept files that no photo refers to.

    Files are named by content: two photos at Telegram may well be one file here.
    """
    needed = await session.scalars(select(Photo.kept_name).where(Photo.kept_name.in_(names)))
    return names - set(needed)


async def delete_kept(folder: Path, names: Iterable[str]) -> None:
    """Delete kept photos.

    Call it before the transaction commits: should the bot be killed in between, the press comes
    again and finds the work half done, whereas a file without its row would stay for ever.
    """
    for name in names:
        await asyncio.to_thread((folder / name).unlink, missing_ok=True)


def anonymous(data: bytes) -> tuple[str, bytes]:
    """A photo without what its file tells about its owner: (name made from the content, content).

    A JPEG stays compressed exactly as it is, unless it has to be turned upright.

    Raises:
        captioning.ImageError: the bytes are no image that can be read.
    """
    image = open_image(data, target_side=None)
    try:
        suffix, content = "jpg", without_metadata(data)
    except NotPlainJpegError:
        # Nothing but pixels is left in an opened image, and PNG changes none of them.
        buffer = io.BytesIO()
        image.info.clear()
        image.save(buffer, "PNG")
        suffix, content = "png", buffer.getvalue()
    return f"{hashlib.sha256(content).hexdigest()}.{suffix}", content


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)


def _delete_others(folder: Path, names: set[str | None]) -> None:
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()
