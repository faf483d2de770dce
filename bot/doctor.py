"""Looks for what would keep the bot from running, without changing anything.

Each check ends in one line: what is right, or what is wrong and how to put it right.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from sqlalchemy import URL

from bot.data_folder import DataFolderError, check, holder, is_open
from bot.figures.health import MIN_FREE_BYTES
from bot.queue.models import CaptionerLike
from bot.settings import ENV_FILE, NOT_CONFIGURED, Settings
from bot.storage.condition import UnusableDatabaseError
from bot.storage.condition import check as check_database
from bot.storage.engine import missing_file
from bot.storage.revisions import newest_revision
from bot.telegram.connection import create_bot
from bot.telegram.startup import OwnWebhook, StartError, check_token, check_webhook
from captioning import CaptioningError

LoadModels = Callable[[], Mapping[str, CaptionerLike]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; what is not fine keeps the bot from running."""

    name: str
    fine: bool
    text: str


async def examine(settings: Settings, load: LoadModels) -> AsyncIterator[Finding]:
    """Look at everything, the quick things first."""
    yield await asyncio.to_thread(_data_folder, settings.data_dir, settings.photos_dir)
    yield await asyncio.to_thread(_disk, settings.data_dir)
    yield await _database(settings.database, settings.data_dir)
    yield await asyncio.to_thread(_secrets, Path(ENV_FILE))
    yield await _telegram(settings)
    yield _administrators(settings)
    yield await asyncio.to_thread(_models, load)


def _data_folder(folder: Path, photos: Path) -> Finding:
    name = "Data folder"
    try:
        is_there = check(folder)
        check(photos)
    except DataFolderError as error:
        return Finding(name, False, str(error))
    if not is_there:
        return Finding(name, True, f"{folder} will be made when the bot starts.")
    process = holder(folder)
    state = "no bot uses it now" if process is None else f"a bot runs on it (process {process})"
    return Finding(name, True, f"{folder}; {state}.")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    text = f"{free / 1e9:.1f} GB are free"
    if free < MIN_FREE_BYTES:
        needed = f"{MIN_FREE_BYTES / 1e9:.1f} GB"
        return Finding("Disk", False, f"{text}; make room, the bot wants at least {needed}.")
    return Finding("Disk", True, f"{text}.")


async def _database(url: URL, data_dir: Path) -> Finding:
    name = "Database"
    if missing_file(url) is not None and await asyncio.to_thread(_will_be_made, url, data_dir):
        return Finding(name, True, f"{url.database} will be made when the bot starts.")
    try:
        condition = await check_database(url)
    except UnusableDatabaseError as error:
        return Finding(name, False, str(error))
    shown, newest = condition.shown, newest_revision()
    if not condition.exists:
        return Finding(name, True, f"{shown} will be made when the bot starts.")
    if condition.is_newest:
        return Finding(name, True, f"{shown}; its schema {newest} is the newest.")
    return Finding(name, True, f"{shown}; it is brought to schema {newest} at the next start.")


def _will_be_made(url: URL, data_dir: Path) -> bool:
    """Whether the database lies in a data folder that is not there yet either."""
    return Path(url.database or "").parent == data_dir and not data_dir.exists()


def _secrets(env_file: Path) -> Finding:
    name = "Secrets"
    if is_open(env_file):
        return Finding(
            name,
            False,
            f"others on this machine may read {env_file}, which holds the bot's token; "
            f"chmod 600 {env_file}.",
        )
    return Finding(name, True, "nobody else may read them.")


async def _telegram(settings: Settings) -> Finding:
    name = "Telegram"
    if settings.bot_token is None:
        return Finding(name, False, NOT_CONFIGURED)
    server = settings.telegram_api_url or "api.telegram.org"
    bot = create_bot(
        settings.bot_token.get_secret_value(),
        settings.telegram_api_url,
        settings.proxy_url.get_secret_value() if settings.proxy_url else None,
    )
    try:
        me = await check_token(bot, server)
        if settings.webhook_url is None:
            own = OwnWebhook(settings.data_dir).url
            await check_webhook(bot, server, delete=False, own=own, only_look=True)
    except StartError as error:
        return Finding(name, False, str(error))
    finally:
        await bot.session.close()
    comes = "polled for" if settings.webhook_url is None else "brought to WEBHOOK_URL"
    return Finding(name, True, f"{server} knows the token as @{me.username}; updates are {comes}.")


def _administrators(settings: Settings) -> Finding:
    number = len(settings.admin_ids)
    text = f"{number} in ADMIN_IDS." if number else "none; set ADMIN_IDS to use /stats and more."
    return Finding("Administrators", True, text)


def _models(load: LoadModels) -> Finding:
    name = "Models"
    try:
        captioners = load()
        for captioner in captioners.values():
            captioner.caption([Image.new("RGB", (64, 64), "gray")])
    except CaptioningError as error:
        return Finding(name, False, str(error))
    found = ", ".join(f"{model} {captioner.version}" for model, captioner in captioners.items())
    return Finding(name, True, f"{found}; each has captioned a test picture.")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )
