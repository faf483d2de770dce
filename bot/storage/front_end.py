"""One process serves a bot, wherever the others run that could reach the same database."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import postgresql
from bot.storage.condition import explained
from bot.storage.engine import open_engine

logger = logging.getLogger(__name__)

TAKEOVER_SECONDS = 5.0
"""So long a process that ends keeps the next one waiting."""
LOOK_SECONDS = 2.0
"""How often it is made sure that the lock is still there: it goes with its connection."""


class AnotherFrontEndError(Exception):
    """Another process serves this bot; the text says so, and what to do."""


class FrontEnd:
    """Holds a bot for this process: an advisory lock of PostgreSQL, on a connection of its own.

    With SQLite it holds nothing: the lock on the data folder does all there is to do.
    """

    def __init__(self, url: URL, bot_id: int) -> None:
        self._url = url
        self._lock = postgresql.lock_number(f"bot {bot_id}")
        self._engine = open_engine(url) if postgresql.is_postgresql(url) else None
        self._connection: AsyncConnection | None = None

    async def take(self) -> None:
        """
        Raises:
            AnotherFrontEndError: another process has it, and keeps it.
            UnusableDatabaseError: the server cannot be used.
        """
        if self._engine is None:
            return
        with explained(self._url):
            await self._take()

    async def keep(self) -> None:
        """Take it again whenever the connection is lost; until cancelled.

        Raises:
            AnotherFrontEndError: another process has taken it in between.
        """
        while self._engine is not None:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if self._connection is None:
                    await self._take()
                    logger.info("The lock on the database was taken again")
                else:
                    await self._connection.scalar(text("SELECT 1"))
            except (SQLAlchemyError, OSError) as error:
                # That the database cannot be used is said by those who store something.
                logger.debug("The lock on the database was lost: %s", type(error).__name__)
                await self._disconnect()
        await asyncio.Event().wait()

    async def release(self) -> None:
        """Let another process have it."""
        await self._disconnect()
        if self._engine is not None:
            await self._engine.dispose()

    async def _take(self) -> None:
        assert self._engine is not None
        connection = await self._engine.connect()
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            query = text(f"SELECT pg_try_advisory_lock({self._lock})")
            end = asyncio.get_running_loop().time() + TAKEOVER_SECONDS
            while not await connection.scalar(query):
                if asyncio.get_running_loop().time() > end:
                    raise AnotherFrontEndError(
                        "Another process serves this bot with the same database (an old "
                        "container, another computer?); stop it, then start again."
                    )
                await asyncio.sleep(0.25)
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        self._connection = connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                # Not back to the pool, which would keep the lock.
                await connection.invalidate()
            with suppress(SQLAlchemyError, OSError):
                await connection.close()
