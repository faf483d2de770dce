"""Puts the page without Telegram together, from the same parts as the bot."""

import asyncio
from collections.abc import Callable, Mapping

from bot.commands.running import until_stopped
from bot.data_folder import DataFolderError, exclusive, make_subfolder
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.people.limits import Limits
from bot.people.privacy import Privacy
from bot.people.retention import Retention
from bot.queue.models import CaptionerLike, Models
from bot.queue.version_watch import VersionWatch
from bot.queue.versions import Versions
from bot.settings import Settings
from bot.storage import Database
from bot.storage.migrate import migrate
from bot.web.line import Line
from bot.web.opinions import Opinions
from bot.web.server import Services, serve
from bot.web.uploads import Uploads
from bot.web.visitors import Visitors, load_key


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
        DataFolderError, UnusableDatabaseError, WebStartError: it cannot; the text is for a person.
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
        own = {name: captioner.version for name, captioner in models.own.items()}
        version_watch = VersionWatch(Versions(database, settings.models_dir, own), models)
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
                opinions=Opinions(database, kept_photos),
                privacy=Privacy(database, kept_photos),
                limits=Limits(settings.photos_per_minute, settings.photos_per_day, minutes_ahead=0),
                retention_days=settings.retention_days or None,
            )
            retention = Retention(database, kept_photos, settings.retention_days or None)
            # What was promoted answers from the first photo on.
            await version_watch.refresh()
            await fetcher.tidy()
            works = (line, uploads, fetcher, retention, version_watch)
            loops += (asyncio.create_task(it.run()) for it in works)
            async with serve(services, visitors, host, port, behind_proxy=behind_proxy) as address:
                ready(address)
                await until_stopped()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await models.close()
            await database.close()
