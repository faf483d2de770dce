"""Fetches the photos behind rated or corrected captions, so that they can be learnt from later."""

import asyncio
import hashlib
import io
import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import or_, select

from bot.feedback.jpeg import NotPlainJpegError, without_metadata
from bot.feedback.kept_folder import KeptFolder, KeptFolderError
from bot.queue.downloads import Download, FileGoneError, FileTooLargeError, UnavailableError
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.tables import FETCH_FAILED, KEPT, WANTED, Photo, utc_now
from captioning import ImageError, open_image

logger = logging.getLogger(__name__)

POLL_SECONDS = 30.0
MAX_ATTEMPTS = 8
FIRST_DELAY = timedelta(seconds=10)


class PhotoFetcher:
    """Fetches wanted photos into a folder, one at a time, under names made from their content."""

    def __init__(self, database: Database, folder: Path, download: Download) -> None:
        self._database = database
        self._folder = KeptFolder(folder)
        self._is_trouble_logged = False
        self._download = download
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is a photo to fetch."""
        self._wake.set()

    async def tidy(self) -> None:
        """Make the folder, and put files aside that the database does not know."""
        # Where nothing can be done now, the next start tidies.
        try:
            async with self._database.write() as session:
                kept = await session.scalars(select(Photo.kept_name).distinct())
                known = {name for name in kept if name is not None}
                await asyncio.to_thread(self._folder.sort, known)
        except DatabaseUnavailableError:
            pass  # said by the database
        except KeptFolderError as error:
            self._say_trouble(str(error))

    async def run(self) -> None:
        """Fetch what is wanted until cancelled; what was begun then is fetched another time."""
        while True:
            self._wake.clear()
            try:
                found = await self.fetch_next()
            except DatabaseUnavailableError:
                found = False  # said once, by the database
            except KeptFolderError as error:
                self._say_trouble(str(error))
                found = False
            except Exception:
                logger.exception("Keeping a photo failed; trying again")
                found = False
            if not found:
                # Not wait_for: until Python 3.12 it loses a cancellation that meets a wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def fetch_next(self) -> bool:
        """Fetch the photo that has been wanted for longest; false when none is due.

        Raises:
            KeptFolderError: there is no place for it now.
        """
        due = select(Photo).where(
            Photo.fetch_state == WANTED,
            or_(Photo.fetch_after.is_(None), Photo.fetch_after <= utc_now()),
        )
        async with self._database.read() as session:
            photo = await session.scalar(due.order_by(Photo.id).limit(1))
        if photo is None:
            return False
        # Or the same photo would be downloaded again and again.
        if (trouble := await asyncio.to_thread(self._folder.trouble)) is not None:
            raise KeptFolderError(f"{self._folder.path} cannot be used ({trouble})")
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

    async def _keep(self, photo_id: int, name: str, content: bytes) -> None:
        async with self._database.write() as session:
            photo = await session.get(Photo, photo_id)
            if photo is None or photo.fetch_state != WANTED:
                return  # the rating was taken back, or everything forgotten, in the meantime
            # Written before the commit: a row never points at a file that is not there.
            await asyncio.to_thread(self._folder.write, name, content)
            photo.kept_name = name
            photo.fetch_state = KEPT
            photo.fetch_after = None
        self._is_trouble_logged = False

    def _say_trouble(self, trouble: str) -> None:
        """Once, and again when it comes back after a photo was kept."""
        if not self._is_trouble_logged:
            logger.warning("%s; photos are kept when it can be", trouble)
        self._is_trouble_logged = True

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
