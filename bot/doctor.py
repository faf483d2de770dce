"""Looks for what would keep the bot from running, without changing anything.

Each check ends in one line: what is right, or what is wrong and how to put it right.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from bot.data_folder import holder
from bot.figures.health import MIN_FREE_BYTES
from bot.queue.models import CaptionerLike
from bot.settings import NOT_CONFIGURED, Settings
from bot.storage import postgresql
from bot.storage.engine import is_sqlite, missing_file, open_engine
from bot.storage.migrate import current_revision, newest_revision
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
    yield await asyncio.to_thread(_data_folder, settings.data_dir)
    yield await asyncio.to_thread(_disk, settings.data_dir)
    yield await _database(settings.database)
    yield await _telegram(settings)
    yield _administrators(settings)
    yield await asyncio.to_thread(_models, load)


def _data_folder(folder: Path) -> Finding:
    name = "Data folder"
    place = _existing(folder)
    if not place.is_dir():
        return Finding(name, False, f"{place} is a file; set DATA_DIR to a folder.")
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding(
            name, False, f"{place} cannot be written to; change its permissions, or set DATA_DIR."
        )
    if place != folder.absolute():
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


async def _database(url: URL) -> Finding:
    name = "Database"
    shown = url.render_as_string(hide_password=True)
    if (missing := missing_file(url)) is not None:
        return Finding(name, True, f"{missing} will be made when the bot starts.")
    if is_sqlite(url) and url.database:
        path = Path(url.database)
        damage = await asyncio.to_thread(_damage, path)
        if damage is not None:
            return Finding(
                name,
                False,
                f"{path} is damaged ({damage}); stop the bot, and put a backup in its place.",
            )
    engine = open_engine(url)
    try:
        with postgresql.explained(url):
            async with engine.connect() as connection:
                revision = await connection.run_sync(current_revision)
    except postgresql.UnusableServerError as error:
        return Finding(name, False, str(error))
    except (SQLAlchemyError, OSError) as error:
        # Texts of drivers may hold the whole address, with the password.
        cause = type(error).__name__
        return Finding(
            name,
            False,
            f"{shown} cannot be reached ({cause}); is it running, is DATABASE_URL right?",
        )
    finally:
        await engine.dispose()
    newest = newest_revision()
    if revision == newest:
        return Finding(name, True, f"{shown}; its schema {revision} is the newest.")
    if revision is None or revision < newest:
        return Finding(name, True, f"{shown}; it is brought to schema {newest} at the next start.")
    return Finding(
        name,
        False,
        f"{shown} has schema {revision}, which this version does not know; "
        "install the newer version again, or restore an older backup.",
    )


def _damage(path: Path) -> str | None:
    """What is wrong with a SQLite file; None when nothing is."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if verdict == "ok" else str(verdict)


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
