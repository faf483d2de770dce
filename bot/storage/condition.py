"""Whether a database can be used at all, for everything that is about to use one."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage import postgresql
from bot.storage.columns import Base
from bot.storage.engine import is_sqlite, missing_file, open_engine
from bot.storage.revisions import current_revision, known_revisions, newest_revision

LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class UnusableDatabaseError(Exception):
    """A database cannot be used; the text says in a line why, and what to do."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A database that can be used, or made."""

    shown: str
    """Its address, without a password."""
    exists: bool
    revision: str | None
    """That of its schema; None for an empty database, and for one that does not exist."""

    @property
    def is_newest(self) -> bool:
        return self.revision == newest_revision()


async def check(url: URL) -> Condition:
    """Look at a database, and change nothing.

    Raises:
        UnusableDatabaseError: it cannot be made, opened, read or written, it is damaged, or its
            schema is newer than this program.
    """
    shown = url.render_as_string(hide_password=True)
    if is_sqlite(url) and url.database:
        path = Path(url.database)
        _check_place(path)
        if missing_file(url) is not None:
            return Condition(str(path), exists=False, revision=None)
        await asyncio.to_thread(_check_file, path)
    # Opened as the bot does it, a SQLite file would be changed.
    engine = create_async_engine(url) if is_sqlite(url) else open_engine(url)
    try:
        with explained(url):
            async with engine.connect() as connection:
                if postgresql.is_postgresql(url):
                    await connection.run_sync(_check_server, url)
                revision = await connection.run_sync(current_revision)
    except (SQLAlchemyError, OSError) as error:
        # Texts of drivers may hold the whole address, with the password.
        raise UnusableDatabaseError(
            f"The database {shown} cannot be reached ({type(error).__name__}); "
            "is it running, is DATABASE_URL right?"
        ) from None
    finally:
        await engine.dispose()
    if revision is not None and revision not in known_revisions():
        raise UnusableDatabaseError(
            f"The database {shown} has schema {revision}, which this version of the program does "
            "not know: it is newer; install the newer version again, or restore an older backup."
        )
    return Condition(shown, exists=True, revision=revision)


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """
    Raises:
        UnusableDatabaseError: instead of what a PostgreSQL server or its driver has raised.
    """
    try:
        yield
    except Exception as error:
        reason = postgresql.why_not(url, error) if postgresql.is_postgresql(url) else None
        if reason is None:
            raise
        raise UnusableDatabaseError(reason) from error


def _check_server(connection: Connection, url: URL) -> None:
    """Whether a PostgreSQL database can store what people write, and lets us do so."""
    reason = postgresql.wrong_encoding(connection, url) or postgresql.missing_right(
        connection, url, Base.metadata.tables
    )
    if reason is not None:
        raise UnusableDatabaseError(reason)


def _check_place(path: Path) -> None:
    """Whether there is, or can be, a file here."""
    if path.exists() and not path.is_file():
        raise UnusableDatabaseError(f"{path} is not a file; move it away, or set DATABASE_URL.")
    if not path.parent.is_dir():
        raise UnusableDatabaseError(
            f"The folder {path.parent} of the database is not there; make it, or set DATABASE_URL."
        )
    needed = path if path.exists() else path.parent
    for place in (path.parent, needed):
        if not os.access(place, os.R_OK | os.W_OK):
            raise UnusableDatabaseError(
                f"{place} cannot be read and written; change its permissions, or that of its disk, "
                "or set DATA_DIR to another folder."
            )


def _check_file(path: Path) -> None:
    """Whether a SQLite file is whole."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in LOCKED:
            raise UnusableDatabaseError(
                f"{path} is locked by another program; close that one, and try again."
            ) from None
        verdict = str(error)
    if verdict != "ok":
        raise UnusableDatabaseError(
            f"{path} is damaged ({verdict.splitlines()[0]}); stop the bot, and put a backup in its "
            "place: captionbot restore FILE."
        )
