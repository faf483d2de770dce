"""Brings the database to the schema that this version of the program uses."""

import logging
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.backups import back_up
from bot.storage.condition import UnusableDatabaseError, check, explained
from bot.storage.engine import as_writer, is_sqlite, missing_file, open_engine
from bot.storage.revisions import migration_config, newest_revision

logger = logging.getLogger(__name__)


async def migrate(url: str | URL) -> Path | None:
    """Bring the database to the newest schema, in one transaction.

    Returns:
        The backup that was taken of an existing SQLite file, or None where none was needed.

    Raises:
        UnusableDatabaseError: it cannot be used, or is of a newer version of the program.
    """
    url = make_url(url)
    condition = await check(url)
    if condition.is_newest:
        return None
    engine = open_migration_engine(url)
    newest = newest_revision()
    try:
        backup = None
        if is_sqlite(url) and condition.revision is not None and url.database:
            backup = back_up(Path(url.database), f"before-{newest}")
            logger.info("The database was backed up as %s before its migration", backup.name)
        with explained(url):
            async with as_writer(engine).begin() as connection:
                await connection.run_sync(lambda it: command.upgrade(migration_config(it), "head"))
        logger.info("The database is at revision %s", newest)
        return backup
    finally:
        await engine.dispose()


async def check_newest(url: str | URL) -> None:
    """Make sure that there is a database with this program's schema, without changing anything.

    Raises:
        UnusableDatabaseError: there is not.
    """
    url = make_url(url)
    if (path := missing_file(url)) is not None:
        raise UnusableDatabaseError(
            f"There is no database at {path} yet; set DATA_DIR to where the bot runs."
        )
    condition = await check(url)
    if not condition.is_newest:
        raise UnusableDatabaseError(
            "The database has an older schema; stop the bot and run `captionbot migrate` first."
        )


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
