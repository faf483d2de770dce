"""Steps whose outcome is stored in the end, however long the database cannot be used."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError

RETRY_SECONDS = 1.0
"""How often it is tried, where nothing says earlier that the database can be used again."""


class Stores(Protocol):
    """Something whose methods write to a database."""

    _database: Database


S = TypeVar("S", bound=Stores)
P = ParamSpec("P")
T = TypeVar("T")


def until_stored(
    step: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Repeat a method until the database takes what it writes.

    For what comes after something that cannot be undone, or need not be done again: a message
    was sent, captions were found.
    """

    @wraps(step)
    async def patiently(self: S, /, *args: P.args, **options: P.kwargs) -> T:
        while True:
            try:
                return await step(self, *args, **options)
            except DatabaseUnavailableError:
                await self._database.availability.wait(RETRY_SECONDS)

    return patiently
