"""Puts the page without Telegram together, from the same parts as the bot."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from bot.data_folder import DataFolderError, exclusive, make_subfolder
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.people.limits import Limits
from bot.people.privacy import Privacy
from bot.people.retention import Retention
from bot.queue.models import CaptionerLike, Models
from bot.settings import Settings
from bot.storage import Database
from bot.storage.migrate import migrate
from bot.web.line import Line
from bot.web.opinions import Opinions
from bot.web.server import Services, serve
from bot.web.uploads import Uploads
from bot.web.visitors import Visitors, load_key

logger = logging.getLogger(__name__)


async def run(
    settings: Settings,
    host: str,
    port: int,
    *,
    behind_proxy: bool,
    load: Callable[[], Mapping[str, CaptionerLike]],
    ready: Callable[[str], object] = lambda address: None,
) -> None:
    """Serve the page until a signal ends it; `ready` is told its address.

    Raises:
        DataFolderError, MigrationError, WebStartError: it cannot; the text is for a person.
    """
    with exclusive(settings.data_dir):
        make_subfolder(settings.photos_dir)
        try:
            visitors = Visitors(load_key(settings.data_dir))
        except OSError as error:
            raise DataFolderError(
                f"The key of the page cannot be kept in {settings.data_dir} ({error.strerror}); "
                "change its permissions."
            ) from None
        await migrate(settings.database)
        models = Models(await asyncio.to_thread(load))
        database = Database(settings.database)
        loops: list[asyncio.Task[None]] = []
        try:
            uploads = Uploads()
            fetcher = PhotoFetcher(database, settings.photos_dir, uploads.download)
            kept_photos = KeptPhotos(settings.photos_dir, fetcher.wake)
            line = Line(models)
            services = Services(
                database=database,
                models=models,
                uploads=uploads,
                line=line,
                opinions=Opinions(database, kept_photos, models.variants),
                privacy=Privacy(database, kept_photos),
                limits=Limits(settings.photos_per_minute, settings.photos_per_day, minutes_ahead=0),
                retention_days=settings.retention_days or None,
            )
            retention = Retention(database, kept_photos, settings.retention_days or None)
            await fetcher.tidy()
            loops += (asyncio.create_task(it.run()) for it in (line, uploads, fetcher, retention))
            async with serve(services, visitors, host, port, behind_proxy=behind_proxy) as address:
                ready(address)
                await _until_stopped()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await models.close()
            await database.close()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
