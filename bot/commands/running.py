"""How a command of `captionbot` begins and ends: its settings, its errors, its exit code."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import typer

from bot.data_folder import OTHERS
from bot.redaction import Redactor, set_up_logging
from bot.settings import Settings, SettingsError, load_settings, unknown_names


def read_settings(**overrides: Any) -> Settings:
    """The settings, with logging set up by them; a wrong one becomes one line and exit code 1."""
    try:
        settings = load_settings(**overrides)
    except SettingsError as error:
        fail(str(error))
    set_up_logging(settings.log_level, *_secrets(settings))
    for line in unknown_names():
        logging.getLogger("captionbot").warning("%s", line)
    # The database, its journals, backups, photos and exports are other people's.
    os.umask(OTHERS)
    return settings


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what a person can put right becomes one line and exit code 1."""
    from sqlalchemy.exc import DBAPIError

    from bot.data_folder import DataFolderError
    from bot.feedback.export import ExportError
    from bot.loadtest.errors import LoadTestError
    from bot.queue.versions import VersionError
    from bot.sandbox.errors import SandboxStartError
    from bot.storage.availability import DatabaseUnavailableError
    from bot.storage.backups import BackupError
    from bot.storage.condition import UnusableDatabaseError
    from bot.storage.front_end import AnotherFrontEndError
    from bot.storage.move import MoveError
    from bot.storage.postgresql import cause_of
    from bot.telegram.startup import StartError
    from bot.web.server import WebStartError
    from captioning import CaptioningError

    expected = (
        StartError,
        DataFolderError,
        UnusableDatabaseError,
        BackupError,
        MoveError,
        AnotherFrontEndError,
        ExportError,
        LoadTestError,
        VersionError,
        SandboxStartError,
        WebStartError,
        CaptioningError,
    )
    try:
        asyncio.run(work)
    except expected as error:
        fail(str(error))
    except (DatabaseUnavailableError, DBAPIError) as error:
        fail(f"The database cannot be used ({cause_of(error)}); ask captionbot doctor.")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def until_stopped() -> None:
    """Wait for the signal that asks the program to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


def leave() -> NoReturn:
    """End at once, everything being stored and closed.

    Python would wait for a model that is still at work in a thread, and take seconds to tidy up
    after torch; a container is killed ten seconds after it was asked to stop.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def fail(message: str) -> NoReturn:
    """Say in a line what is wrong, without secrets, and end with exit code 1."""
    typer.echo(Redactor()(message), err=True)
    raise typer.Exit(1)


def _secrets(settings: Settings) -> list[str]:
    secrets = (settings.bot_token, settings.proxy_url, settings.database_url)
    return [secret.get_secret_value() for secret in secrets if secret is not None]
