"""Puts the bot together: settings → database, models, worker, dispatcher. Only here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from aiogram import Bot, Dispatcher

from bot.data_folder import exclusive, make_subfolder
from bot.feedback.corrections import Corrections
from bot.feedback.export import Exports
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.feedback.ratings import Feedback
from bot.figures.digest import DailyDigest
from bot.figures.health import Health
from bot.figures.heartbeat import FILE as ALIVE
from bot.figures.heartbeat import Heartbeat
from bot.figures.periods import Period
from bot.figures.stats import Stats
from bot.figures.trials import Trials
from bot.handlers import attention, create_routers
from bot.handlers.limit_notices import LimitNotices
from bot.handlers.once import Once
from bot.handlers.unasked_albums import UnaskedAlbums
from bot.i18n import in_language
from bot.people.access import Access
from bot.people.chat_settings import ChatSettings
from bot.people.history import History
from bot.people.limits import Limits
from bot.people.privacy import Privacy
from bot.people.retention import Retention
from bot.people.users import Users
from bot.queue import memory
from bot.queue.attention_pictures import AttentionPictures
from bot.queue.claims import Claims
from bot.queue.jobs import Jobs
from bot.queue.models import CaptionerLike, Models, available_cores, threads_for
from bot.queue.steps import Outcome
from bot.queue.version_watch import VersionWatch
from bot.queue.versions import Versions
from bot.queue.worker import Worker
from bot.settings import NOT_CONFIGURED, Settings
from bot.storage import Database
from bot.storage.backups import DailyBackups
from bot.storage.front_end import FrontEnd
from bot.storage.migrate import migrate
from bot.telegram import downloads
from bot.telegram.connection import Following, create_bot
from bot.telegram.menu import publish_commands, publish_descriptions
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.outbox import Outbox
from bot.telegram.polling import poll
from bot.telegram.startup import OwnWebhook, StartError, check_token, check_webhook
from bot.telegram.stats_panel import StatsPanel
from bot.telegram.versions_panel import VersionsPanel
from bot.texts.conversation import error_text
from captioning import MODELS

if TYPE_CHECKING:
    from bot.door.health import HealthPages

logger = logging.getLogger(__name__)

WORKER_SECONDS = 5.0
OUTBOX_SECONDS = 3.0
"""Together with the rest, stopping takes less than the ten seconds that containers are given."""

LoadModels = Callable[[], Mapping[str, CaptionerLike]]


def load_models() -> Mapping[str, CaptionerLike]:
    """Load every model of the package; takes seconds."""
    from captioning import load_captioner

    threads = threads_for(len(MODELS), available_cores())
    return {name: load_captioner(name, threads=threads) for name in MODELS}


async def run(
    settings: Settings, *, delete_webhook: bool = False, load: LoadModels = load_models
) -> None:
    """Run the bot until a signal ends it. A model may be at work in a thread even after that.

    Raises:
        StartError, DataFolderError, UnusableDatabaseError, AnotherFrontEndError,
        DatabaseUnavailableError: it cannot run; the text is for a person.
    """
    if settings.bot_token is None:
        raise StartError(NOT_CONFIGURED)
    memory.spare()
    with exclusive(settings.data_dir):
        make_subfolder(settings.photos_dir)
        bot = create_bot(
            settings.bot_token.get_secret_value(),
            settings.telegram_api_url,
            settings.proxy_url.get_secret_value() if settings.proxy_url else None,
        )
        front_end = FrontEnd(settings.database, bot.id)
        async with AsyncExitStack() as ending:
            ending.push_async_callback(bot.session.close)
            ending.push_async_callback(front_end.release)
            pages = await ending.enter_async_context(_health_pages(settings))
            await front_end.take()
            await migrate(settings.database)
            server = settings.telegram_api_url or "api.telegram.org"
            me = await check_token(bot, server)
            if settings.webhook_url is None:
                own = OwnWebhook(settings.data_dir).url
                await check_webhook(bot, server, delete=delete_webhook, own=own)
            logger.info("Loading the models")
            models = Models(await asyncio.to_thread(load))
            memory.give_back()
            logger.info("@%s is ready", me.username)
            await _serve(settings, bot, models, front_end, pages)
    logger.info("Stopped")


@asynccontextmanager
async def _health_pages(settings: Settings) -> "AsyncIterator[HealthPages | None]":
    if settings.health_listen is None:
        yield None
        return
    from bot.door.health import HealthPages
    from bot.door.listening import listening

    pages = HealthPages()
    async with listening(pages.app(), settings.health_listen, "HEALTH_LISTEN"):
        yield pages


async def _serve(
    settings: Settings,
    bot: Bot,
    models: Models,
    front_end: FrontEnd,
    pages: "HealthPages | None",
) -> None:
    database = Database(settings.database)
    own = {name: captioner.version for name, captioner in models.own.items()}
    versions = Versions(database, settings.models_dir, own)
    version_watch = VersionWatch(versions, models)
    users = Users(database)
    outbox = Outbox(
        on_blocked=lambda chat_id: users.set_blocked(chat_id, True),
        apologise=lambda chat_id, reference: bot.send_message(chat_id, error_text(reference)),
    )
    # More patient than the worker, whose messenger leaves waiting to the database.
    download = partial(downloads.download, bot)
    pictures = AttentionPictures(database, download)

    def on_shown(outcome: Outcome) -> None:
        outbox.send(lambda: attention.follow_up(bot, pictures, outcome))
        if pages is not None:
            pages.shown(outcome)

    worker = Worker(
        Claims(database, bot.id, models.variants),
        TelegramMessenger(bot),
        models,
        on_shown,
    )
    fetcher = PhotoFetcher(database, settings.photos_dir, download)
    kept_photos = KeptPhotos(settings.photos_dir, fetcher.wake)
    retention = Retention(database, kept_photos, settings.retention_days or None)
    heart = Heartbeat(
        settings.data_dir / ALIVE,
        database,
        lambda: worker.is_working,
        polls=settings.webhook_url is None,
    )
    backups = DailyBackups(settings.database)
    limits = Limits(settings.photos_per_minute, settings.photos_per_day, settings.admin_ids)
    chat_settings = ChatSettings(database)
    bot.session.middleware(Following(chat_settings.follow))
    trials = Trials(database, versions)
    stats = Stats(database, trials)
    stats_panel = StatsPanel(stats, outbox)
    exports = Exports(database, settings.photos_dir, settings.data_dir)
    digest = DailyDigest(
        database,
        settings.daily_digest,
        settings.admin_ids,
        lambda admin_id: _send_digest(bot, admin_id, users, stats_panel),
    )
    dispatcher = Dispatcher(
        disable_fsm=True,
        settings=settings,
        outbox=outbox,
        users=users,
        jobs=Jobs(database, worker.wake, limits),
        pictures=pictures,
        once=Once(),
        unasked=UnaskedAlbums(),
        limit_notices=LimitNotices(outbox),
        feedback=Feedback(database, kept_photos),
        corrections=Corrections(database, kept_photos),
        history=History(database),
        chat_settings=chat_settings,
        stats_panel=stats_panel,
        versions_panel=VersionsPanel(versions, version_watch, trials, stats),
        health=Health(
            database,
            settings.data_dir,
            settings.photos_dir,
            models,
            lambda: version_watch.unusable,
            lambda: worker.is_working,
        ),
        exports=exports,
        privacy=Privacy(database, kept_photos),
        access=Access(database, allowed_ids=settings.allowed_ids, admin_ids=settings.admin_ids),
    )
    dispatcher.include_routers(*create_routers())
    loops: list[asyncio.Task[None]] = []
    try:
        # What was promoted answers from the first photo on.
        await version_watch.refresh()
        await worker.start()
        if pages is not None:
            loops.append(
                pages.watch(bot, database, lambda: models.variants(0), lambda: worker.is_working)
            )
        await fetcher.tidy()
        await asyncio.to_thread(exports.sweep)
        await digest.start()
        works = (fetcher, retention, version_watch, backups, heart)
        loops += (asyncio.create_task(it.run()) for it in works)
        admins = [await users.load(admin_id) for admin_id in settings.admin_ids]
        outbox.send(lambda: publish_commands(bot, admins), key="profile")
        outbox.send(lambda: publish_descriptions(bot), key="profile")
        keeping = asyncio.create_task(front_end.keep())
        loops.append(keeping)
        reason = await _receive(settings, dispatcher, bot, database, heart, keeping)
    finally:
        await _all(
            lambda: worker.stop(WORKER_SECONDS),
            digest.stop,
            lambda: _cancel(loops),
            lambda: outbox.drain(OUTBOX_SECONDS),
        )
        await models.close()
        await database.close()
    if reason is not None:
        raise StartError(reason)


async def _receive(
    settings: Settings,
    dispatcher: Dispatcher,
    bot: Bot,
    database: Database,
    heart: Heartbeat,
    right: asyncio.Task[None],
) -> str | None:
    """Handle updates, polled for or brought, until there is a reason to end, or a signal."""
    if settings.webhook_url is None:
        return await poll(dispatcher, bot, database.availability.wait, heart.polled, right)
    from bot.door.webhook import receive

    OwnWebhook(settings.data_dir).remember(settings.webhook_url)
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    return await receive(
        dispatcher, bot, settings.webhook_url, settings.webhook_listen, secret, right
    )


async def _send_digest(bot: Bot, admin_id: int, users: Users, stats_panel: StatsPanel) -> None:
    person = await users.load(admin_id)
    with in_language(person.language):
        await stats_panel.send(bot, admin_id, Period.DAY)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _all(*actions: Callable[[], Awaitable[None]]) -> None:
    """Do all of it, at the same time, whatever fails."""
    results = await asyncio.gather(*(action() for action in actions), return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            logger.error("The bot could not be stopped cleanly", exc_info=result)
