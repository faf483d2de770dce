"""Listening on an address, or a line that says why not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.addresses import Address
from bot.telegram.startup import StartError

MAX_BODY_BYTES = 1024 * 1024
"""More than any update has, and little enough for anyone to send."""
SHUTDOWN_SECONDS = 3.0


def create_app() -> web.Application:
    """An application that reads no large requests."""
    return web.Application(client_max_size=MAX_BODY_BYTES)


@asynccontextmanager
async def listening(app: web.Application, address: Address, setting: str) -> AsyncIterator[int]:
    """Serve an application meanwhile; gives the port. Requests under way are answered at the end.

    Paths are not logged: that of a webhook is often a secret.

    Raises:
        StartError: it cannot listen there; `setting` is where the address comes from.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address.host, address.port)
        try:
            await site.start()
        except OSError as error:
            raise StartError(
                f"{setting}: the bot cannot listen on {address.host}:{address.port} "
                f"({error.strerror}); choose another address."
            ) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
