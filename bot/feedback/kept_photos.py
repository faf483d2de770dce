"""Which photos are kept on disk: those behind captions that are rated or corrected."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.kept_folder import KeptFolder
from bot.storage.tables import KEPT, WANTED, Caption, Correction, Photo, Rating


class KeptPhotos:
    """The folder with the kept photos. `wake` starts whoever fetches those that are wanted."""

    def __init__(self, folder: Path, wake: Callable[[], object] = lambda: None) -> None:
        self._folder = KeptFolder(folder)
        self.wake = wake

    async def settle(self, session: AsyncSession, photos: Iterable[Photo]) -> bool:
        """Make photos wanted on disk when they are rated or corrected, and delete them otherwise.

        Returns:
            Whether one has to be fetched: `wake` when the transaction is committed.
        """
        is_any_wanted = False
        unneeded: set[str] = set()
        for photo in photos:
            rated = exists().where(Rating.caption_id == Caption.id, Caption.photo_id == photo.id)
            corrected = exists().where(Correction.photo_id == photo.id)
            if not await session.scalar(select(or_(rated, corrected))):
                if photo.kept_name is not None:
                    unneeded.add(photo.kept_name)
                photo.fetch_state = photo.fetch_after = photo.kept_name = None
                photo.fetch_attempts = 0
            elif photo.fetch_state not in (WANTED, KEPT):
                # Never tried, or given up: perhaps Telegram gives it out by now.
                photo.fetch_state, photo.fetch_attempts, photo.fetch_after = WANTED, 0, None
            is_any_wanted |= photo.fetch_state == WANTED
        await session.flush()
        await self.drop(session, unneeded)
        return is_any_wanted

    async def drop(self, session: AsyncSession, names: Iterable[str]) -> None:
        """Delete files that photos in this transaction were kept in, unless others still are:
        files are named by content, so two photos at Telegram may well be one file here.

        Before the commit: should the bot be killed in between, the press comes again and finds
        the work half done, whereas a file without its row would stay for ever.

        Raises:
            KeptFolderError: they cannot be deleted now.
        """
        names = set(names)
        needed = await session.scalars(select(Photo.kept_name).where(Photo.kept_name.in_(names)))
        await asyncio.to_thread(self._folder.delete, names - set(needed))
