"""Brings the database to the schema that this version of the program uses."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage import postgresql
from bot.storage.columns import Base
from bot.storage.engine import as_writer, is_sqlite, missing_file, open_engine

logger = logging.getLogger(__name__)


class MigrationError(Exception):
    """The database cannot be brought to this program's schema; the text says why."""


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, with the migrations of the installed package."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision of the schema that this program uses."""
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    if head is None:
        raise MigrationError("The program has no migrations; it is not installed completely.")
    return head


def current_revision(connection: Connection) -> str | None:
    """The revision of the schema in the database; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


async def migrate(url: str | URL) -> Path | None:
    """Bring the database to the newest schema, in one transaction.

    Returns:
        The backup that was taken of an existing SQLite file, or None where none was needed.

    Raises:
        MigrationError: the database is of a newer version of the program.
        UnusableServerError: PostgreSQL cannot be used as it is.
    """
    url = make_url(url)
    engine = open_migration_engine(url)
    try:
        with postgresql.explained(url):
            return await _migrate(engine, url)
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine, url: URL) -> Path | None:
    async with engine.connect() as connection:
        if postgresql.is_postgresql(url):
            await connection.run_sync(postgresql.check_encoding, url)
        current = await connection.run_sync(current_revision)
    newest = newest_revision()
    _refuse_newer(current)
    backup = None
    if current != newest:
        if is_sqlite(url) and current is not None and url.database:
            backup = back_up(Path(url.database), f"before-{newest}")
            logger.info("The database was backed up as %s before its migration", backup.name)
        async with as_writer(engine).begin() as connection:
            await connection.run_sync(lambda it: command.upgrade(migration_config(it), "head"))
        logger.info("The database is at revision %s", newest)
    if postgresql.is_postgresql(url):
        async with engine.connect() as connection:
            await connection.run_sync(postgresql.check_rights, url, Base.metadata.tables)
    return backup


async def check_newest(url: str | URL) -> None:
    """Make sure that there is a database with this program's schema, without changing anything.

    Raises:
        MigrationError: there is not.
        UnusableServerError: PostgreSQL cannot be used as it is.
    """
    url = make_url(url)
    if (path := missing_file(url)) is not None:
        raise MigrationError(
            f"There is no database at {path} yet; set DATA_DIR to where the bot runs."
        )
    engine = open_engine(url)
    try:
        with postgresql.explained(url):
            async with engine.connect() as connection:
                current = await connection.run_sync(current_revision)
    finally:
        await engine.dispose()
    _refuse_newer(current)
    if current != newest_revision():
        raise MigrationError(
            "The database has an older schema; stop the bot and run `captionbot migrate` first."
        )


def back_up(database: Path, label: str) -> Path:
    """Copy a SQLite file that may be in use, to a new file beside it."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = database.with_name(f"{database.stem}-{moment}-{label}{database.suffix}")
    copy_sqlite(database, target)
    return target


def copy_sqlite(database: Path, target: Path) -> None:
    """Copy the SQLite file `database`, which may be in use, to the new file `target`."""
    with closing(sqlite3.connect(database)) as source:
        source.execute("VACUUM INTO ?", (str(target),))


def open_migration_engine(url: URL) -> AsyncEngine:
    """Connections through which tables can be replaced, however long it takes."""
    engine = open_engine(url, patient=True)
    if is_sqlite(url):
        event.listen(engine.sync_engine, "connect", _let_tables_be_replaced)
    return engine


def _let_tables_be_replaced(dbapi_connection: Any, _record: object) -> None:
    # Copying a table drops the old one, which must not delete the rows that refer to it. The
    # setting cannot be changed within a transaction.
    dbapi_connection.execute("PRAGMA foreign_keys = OFF")


def _refuse_newer(current: str | None) -> None:
    known = {it.revision for it in ScriptDirectory.from_config(migration_config()).walk_revisions()}
    if current is not None and current not in known:
        raise MigrationError(
            f"The database has schema {current}, which this version of the program does not know: "
            "it is newer. Install the newer version again, or restore an older backup."
        )
