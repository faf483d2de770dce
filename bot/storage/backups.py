"""Copies of the database: taken every day and before a migration, and put back."""

import asyncio
import logging
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from bot.storage.condition import UnusableDatabaseError, check
from bot.storage.engine import is_sqlite, missing_file
from bot.storage.postgresql import cause_of

logger = logging.getLogger(__name__)

FOLDER = "backups"
DAILY = "daily"
KEPT = 7
"""So many daily backups are kept; others stay until somebody deletes them."""
FIRST_SECONDS = 60.0
EVERY_SECONDS = 1800.0

JOURNALS = ("-wal", "-shm", "-journal")
"""What SQLite names files that belong to a database."""


class BackupError(Exception):
    """A backup cannot be taken or put back; the text says why, and what to do."""


class DailyBackups:
    """Takes a backup of a SQLite database every day (UTC), and keeps the last seven."""

    def __init__(self, url: URL) -> None:
        self._database = sqlite_file(url)

    async def run(self) -> None:
        """Do so until cancelled; a database that is not SQLite has tools of its own."""
        if self._database is None:
            return
        await asyncio.sleep(FIRST_SECONDS)  # who has just started has other things to do
        while True:
            try:
                await asyncio.to_thread(take_daily, self._database)
            except (sqlite3.Error, OSError) as error:
                logger.warning("The daily backup failed (%s); trying again", cause_of(error))
            await asyncio.sleep(EVERY_SECONDS)


def take_daily(database: Path, now: datetime | None = None) -> Path | None:
    """Back a SQLite file up unless that was done today; older daily backups than the last go.

    Raises:
        sqlite3.Error, OSError: it could not be copied.
    """
    moment = now or datetime.now(UTC)
    taken = _daily_backups(database)
    today = f"{moment:%Y%m%d}"
    if any(_day(path) == today for path in taken):
        return None
    backup = back_up(database, DAILY, moment)
    for path in [*taken, backup][:-KEPT]:
        path.unlink(missing_ok=True)
    return backup


def back_up(database: Path, label: str, now: datetime | None = None) -> Path:
    """Copy a SQLite file that may be in use, to a new file in the folder for that beside it."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S")
    target = _folder(database) / f"{database.stem}-{moment}-{label}{database.suffix}"
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    copy_sqlite(database, unfinished)
    unfinished.replace(target)
    return target


def copy_sqlite(database: Path, target: Path) -> None:
    """Copy the SQLite file `database`, which may be in use, to the new file `target`.

    Only its owner may read it.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(database)) as source:
            source.execute("VACUUM INTO ?", (str(target),))
    except BaseException:
        target.unlink(missing_ok=True)
        raise


async def copy_to(target: Path, url: URL) -> None:
    """Copy the database, which may be in use, to a new file.

    Raises:
        UnusableDatabaseError: it is damaged, or cannot be read.
        BackupError: there is none, it is not SQLite, or the file cannot be written.
    """
    database = sqlite_file(url)
    if database is None:
        raise BackupError(
            "DATABASE_URL is not SQLite; back it up with its own tools (pg_dump for PostgreSQL)."
        )
    if missing_file(url) is not None:
        raise BackupError(
            f"There is no database at {database} yet; set DATA_DIR to where the bot runs."
        )
    await check(url)
    try:
        await asyncio.to_thread(copy_sqlite, database, target)
    except FileExistsError:
        raise BackupError(f"{target} exists already; name a new file.") from None
    except (sqlite3.Error, OSError) as error:
        raise BackupError(
            f"{database} cannot be copied to {target} ({cause_of(error)}); "
            "is there such a folder, and room?"
        ) from None


async def restore(backup: Path, url: URL) -> Path | None:
    """Put a copy of a backup in the place of the database, which nobody may be using.

    Returns:
        Where the database is now that was there; None when there was none.

    Raises:
        BackupError: the backup cannot be used, or the database is not SQLite.
    """
    database = sqlite_file(url)
    if database is None:
        raise BackupError("DATABASE_URL is not SQLite; restore it with its own tools.")
    url_of_backup = url.set(database=str(backup))
    if missing_file(url_of_backup) is not None:
        raise BackupError(f"There is no file {backup}; name a backup.")
    try:
        condition = await check(url_of_backup)
    except UnusableDatabaseError as error:
        raise BackupError(f"This backup cannot be used: {error}") from None
    if condition.revision is None:
        raise BackupError(f"{backup} is no backup of this program; name another file.")
    try:
        return await asyncio.to_thread(_replace, database, backup)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(
            f"{database} cannot be replaced ({cause_of(error)}); is there room, and may it be "
            "written?"
        ) from None


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for every other one."""
    return Path(url.database) if is_sqlite(url) and url.database else None


def _replace(database: Path, backup: Path) -> Path | None:
    new = database.with_name(f"{database.name}.part")
    new.unlink(missing_ok=True)
    copy_sqlite(backup, new)
    former = _keep_former(database) if database.exists() else None
    for suffix in JOURNALS:
        # They would be taken for the new file's.
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    new.replace(database)
    return former


def _keep_former(database: Path) -> Path:
    """Copy a database that may be damaged, as it is: opening it would change its journal."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = _folder(database) / f"{database.stem}-{moment}-before-restore{database.suffix}"
    for suffix in ("", *JOURNALS):
        source = database.with_name(database.name + suffix)
        if source.exists():
            copied = kept.with_name(kept.name + suffix)
            shutil.copyfile(source, copied)
            copied.chmod(0o600)
    return kept


def _folder(database: Path) -> Path:
    folder = database.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _daily_backups(database: Path) -> list[Path]:
    """Those there are, the oldest first."""
    folder = database.parent / FOLDER
    return sorted(path for path in folder.glob(f"{database.stem}-*-{DAILY}{database.suffix}"))


def _day(path: Path) -> str | None:
    match = re.search(r"-(\d{8})T\d{6}-", path.name)
    return match[1] if match else None
