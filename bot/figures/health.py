"""Whether the bot is well: its queue, worker, database, disk and models."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.kept_folder import KeptFolder
from bot.queue.steps import Variant
from bot.storage import Database
from bot.storage.availability import Trouble
from bot.storage.engine import is_sqlite
from bot.storage.revisions import current_revision
from bot.storage.tables import CAPTIONED, DONE, FAILED, QUEUED, RUNNING, Job

SLOW = timedelta(minutes=5)
"""A photo that waits longer means that something is wrong, or far too much to do."""
MIN_FREE_BYTES = 500 * 2**20


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """All of /health."""

    uptime: timedelta
    working: bool
    """Whether the worker runs."""
    queued: int
    in_work: int
    unshown: int
    """Captioned, but not in the chat yet."""
    oldest_wait: timedelta | None
    """How long the photo has waited that has waited longest; None when none waits."""
    since_answer: timedelta | None
    """How long ago the last photo was answered; None when none was."""
    failed_in_a_day: int
    database: str
    """"sqlite" or "postgresql"."""
    revision: str | None
    database_bytes: int
    kept_photos: int
    kept_bytes: int
    free_bytes: int
    """On the disk of the data folder."""
    models: dict[str, str]
    """The version of each model."""
    trouble: Trouble | None = None
    """Why nothing can be stored, and since when."""
    keeping_trouble: str | None = None
    """Why no photos can be kept on disk."""

    @property
    def is_slow(self) -> bool:
        return self.oldest_wait is not None and self.oldest_wait > SLOW

    @property
    def is_disk_full(self) -> bool:
        return self.free_bytes < MIN_FREE_BYTES


class Health:
    """Looks at the parts of a bot that begins to run now."""

    def __init__(
        self,
        database: Database,
        data_dir: Path,
        photos_dir: Path,
        variants: Mapping[str, Variant],
        is_working: Callable[[], bool],
    ) -> None:
        self._database = database
        self._data_dir = data_dir
        self._kept_folder = KeptFolder(photos_dir)
        self._variants = variants
        self._is_working = is_working
        self._started_at = datetime.now(UTC)

    async def check(self, now: datetime | None = None) -> Wellbeing:
        """How everything is `now` (timezone-aware; by default this moment)."""
        moment = now or datetime.now(UTC)
        keeping_trouble = await asyncio.to_thread(self._kept_folder.trouble)
        kept_photos, kept_bytes = await asyncio.to_thread(self._kept_folder.files)
        disk = await asyncio.to_thread(shutil.disk_usage, self._data_dir)
        async with self._database.read(long=True) as session:
            states = await _states(session)
            # What waits for its sender's next minute is as it should be until then.
            since = case((Job.attempts == 0, Job.run_after), else_=Job.received_at)
            received = await session.scalar(
                select(func.min(since)).where(Job.state.in_((QUEUED, RUNNING)), since <= moment)
            )
            answered = await session.scalar(
                select(func.max(Job.finished_at)).where(Job.state == DONE)
            )
            return Wellbeing(
                uptime=moment - self._started_at,
                working=self._is_working(),
                queued=states.get(QUEUED, 0),
                in_work=states.get(RUNNING, 0),
                unshown=states.get(CAPTIONED, 0),
                oldest_wait=None if received is None else moment - received,
                since_answer=None if answered is None else moment - answered,
                failed_in_a_day=await session.scalar(
                    select(func.count()).where(
                        Job.state == FAILED, Job.finished_at >= moment - timedelta(days=1)
                    )
                )
                or 0,
                database=self._database.url.get_backend_name(),
                revision=await (await session.connection()).run_sync(current_revision),
                database_bytes=await self._size(session),
                kept_photos=kept_photos,
                kept_bytes=kept_bytes,
                free_bytes=disk.free,
                models={name: variant.version for name, variant in self._variants.items()},
                keeping_trouble=keeping_trouble,
                trouble=self._database.availability.trouble,
            )

    async def _size(self, session: AsyncSession) -> int:
        if is_sqlite(self._database.url):
            pages = await session.scalar(text("PRAGMA page_count"))
            return int(pages or 0) * int(await session.scalar(text("PRAGMA page_size")) or 0)
        return int(
            await session.scalar(select(func.pg_database_size(func.current_database()))) or 0
        )


async def _states(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {str(state): int(number) for state, number in rows}
