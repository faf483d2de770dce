"""The page's parts on a real database, with small models."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fakes import small_models
from web_parts import Parts, Visit

from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.people.limits import Limits
from bot.people.privacy import Privacy
from bot.queue.models import Models
from bot.storage import Database
from bot.web.line import Line
from bot.web.opinions import Opinions
from bot.web.server import Services, serve
from bot.web.uploads import Uploads
from bot.web.visitors import Visitors


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    folder = tmp_path / "photos"
    folder.mkdir()
    models, uploads = Models(small_models()), Uploads()
    fetcher = PhotoFetcher(database, folder, uploads.download)
    kept_photos = KeptPhotos(folder, fetcher.wake)
    opinions = Opinions(database, kept_photos, models.variants)
    yield Parts(database, models, uploads, kept_photos, fetcher, opinions, folder)
    await models.close()


@pytest.fixture
async def visit(parts: Parts) -> AsyncIterator[Callable[..., Any]]:
    """Opens the page in a browser of its own, on a server with the given limits."""
    async with AsyncExitStack() as stack:

        async def open_page(
            limits: Limits | None = None, *, behind_proxy: bool = False, of: Visit | None = None
        ) -> Visit:
            http = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            )
            if of is not None:
                return Visit(http, of.address)
            line = Line(parts.models)
            services = Services(
                database=parts.database,
                models=parts.models,
                uploads=parts.uploads,
                line=line,
                opinions=parts.opinions,
                privacy=Privacy(parts.database, parts.kept_photos),
                limits=limits or Limits(),
                retention_days=365,
            )
            task = asyncio.create_task(line.run())
            stack.push_async_callback(_ended, task)
            serving = serve(
                services, Visitors(b"k" * 32), "127.0.0.1", 0, behind_proxy=behind_proxy
            )
            return Visit(http, await stack.enter_async_context(serving))

        yield open_page


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
