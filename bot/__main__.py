"""The `captionbot` command."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import SecretStr

from bot.data_folder import OTHERS, check
from bot.redaction import Redactor, set_up_logging
from bot.sandbox import ADMIN, DEFAULT_HOST, DEFAULT_PORT, SANDBOX_TOKEN
from bot.settings import NOT_CONFIGURED, Settings, SettingsError, load_settings, unknown_names
from bot.web import DEFAULT_HOST as WEB_HOST
from bot.web import DEFAULT_PORT as WEB_PORT
from captioning.console import VersionOption, accept_every_name

# Everything heavier is imported by the command that needs it, so that help and errors come at once.

app = typer.Typer(
    help="A Telegram bot that captions photos with neural networks.",
    no_args_is_help=True,
    add_completion=False,
    # Its tracebacks show local variables, the token among them.
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where everything is kept. [default: DATA_DIR, or data]")
]
Photos = Annotated[Path | None, typer.Option(help="Folder of JPEGs to send. [default: drawn]")]


@app.callback()
def _options(version: VersionOption = False) -> None:
    pass


@app.command()
def run(
    delete_webhook: Annotated[
        bool, typer.Option("--delete-webhook", help="Remove a webhook that receives the updates.")
    ] = False,
) -> None:
    """Run the bot with BOT_TOKEN until it is stopped."""
    settings = _settings()
    if settings.bot_token is None:
        _fail(NOT_CONFIGURED)
    from bot import app as application

    _finish(application.run(settings, delete_webhook=delete_webhook))
    _leave()


@app.command()
def sandbox(
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Without the bot: run it against this yourself.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = DEFAULT_PORT,
    data_dir: DataDir = None,
) -> None:
    """Try the bot in the browser: a chat page, a local Bot API and the bot. Needs no token."""
    settings = _settings(**({} if data_dir is None else {"data_dir": data_dir}))
    _finish(_sandbox(settings, host, port, with_bot=not api_only))
    _leave()


@app.command("web")
def web_page(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = WEB_HOST,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = WEB_PORT,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="Take from X-Forwarded-For and X-Forwarded-Proto where requests come from: only "
            "where nobody but a reverse proxy can connect.",
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Serve a page that captions photos without Telegram, with the same limits and services."""
    settings = _settings(**({} if data_dir is None else {"data_dir": data_dir}))
    from bot.app import load_models
    from bot.web import app as web_app

    def ready(address: str) -> None:
        typer.echo(f"The page is at {address} (Ctrl+C stops it).")

    _finish(
        web_app.run(settings, host, port, behind_proxy=behind_proxy, load=load_models, ready=ready)
    )
    _leave()


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; `run` and `sandbox` do it by themselves."""
    settings = _settings()

    async def bring_up_to_date() -> None:
        from bot.data_folder import exclusive
        from bot.storage.migrate import migrate
        from bot.storage.revisions import newest_revision

        with exclusive(settings.data_dir):
            backup = await migrate(settings.database)
        typer.echo(f"The database is at revision {newest_revision()}.")
        if backup is not None:
            typer.echo(f"Before that it was backed up as {backup}.")

    _finish(bring_up_to_date())


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The new file to write; SQLite only.")],
) -> None:
    """Copy the database into one file, while the bot runs."""
    settings = _settings()

    async def copy() -> None:
        from bot.storage.backups import copy_to

        await copy_to(target, settings.database)
        typer.echo(f"The database was copied to {target}.")

    _finish(copy())


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="The backup to put in the database's place.")],
) -> None:
    """Put a backup in the place of the database, which is kept; stop the bot first. SQLite only."""
    settings = _settings()

    async def put_back() -> None:
        from bot.data_folder import exclusive
        from bot.storage.backups import restore
        from bot.storage.migrate import migrate

        with exclusive(settings.data_dir):
            former = await restore(source, settings.database)
            await migrate(settings.database)
        typer.echo(f"The database is that of {source} now.")
        if former is not None:
            typer.echo(f"What was there before is kept as {former}.")

    _finish(put_back())


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The new zip file to write.")],
    without_photos: Annotated[
        bool, typer.Option("--without-photos", help="Only the ratings and corrections.")
    ] = False,
) -> None:
    """Write ratings, corrections and the kept photos into one file, while the bot runs.

    docs/export.md describes it. The photos are other people's: keep the file safe.
    """
    settings = _settings()

    async def write() -> None:
        from bot.feedback.export import Exports
        from bot.storage import Database
        from bot.storage.migrate import check_newest

        await check_newest(settings.database)
        database = Database(settings.database)
        try:
            exports = Exports(database, settings.photos_dir, settings.data_dir)
            exported = await exports.write(target, with_photos=not without_photos)
        finally:
            await database.close()
        typer.echo(
            f"{exported.captions} captions, {exported.corrections} corrections and "
            f"{exported.photos} photos are in {target}."
        )

    _finish(write())


@app.command()
def doctor() -> None:
    """Look for what would keep the bot from running; changes nothing."""
    settings = _settings()
    from bot.app import load_models
    from bot.doctor import examine

    async def look() -> None:
        everything_fine = True
        async for finding in examine(settings, load_models):
            everything_fine &= finding.fine
            mark = "ok " if finding.fine else "BAD"
            typer.echo(Redactor()(f"{mark} {finding.name}: {finding.text}"))
        if not everything_fine:
            raise typer.Exit(1)

    _finish(look())


@app.command()
def loadtest(
    people: Annotated[int, typer.Option(min=1, help="How many send photos.")] = 50,
    rate: Annotated[
        list[float] | None,
        typer.Option(min=0.01, help="Photos a second; can be repeated. [default: 5]"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long they come.")] = 30.0,
    burst: Annotated[int, typer.Option(min=0, help="Instead, so many at once.")] = 0,
    limits: Annotated[bool, typer.Option("--limits", help="Enforce Telegram's limits.")] = False,
    photos: Photos = None,
    results: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Chart to write: .svg or .png.")] = None,
) -> None:
    """Let people of a sandbox send photos to the bot, and tell how long they wait."""
    settings = _settings()
    from bot.loadtest.commands import compare_loads
    from bot.loadtest.load import Load

    loads = [Load(people, it, seconds, burst, limits, photos) for it in rate or [5.0]]
    _finish(compare_loads(settings, loads, typer.echo, results, chart))
    _leave()


@app.command()
def bench(
    photos: Photos = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often captions are measured.")] = 20,
    results: Annotated[
        Path | None, typer.Option(help="JSON file of the last results; the new ones replace it.")
    ] = None,
) -> None:
    """Measure captions and the whole bot; the machine should be idle. Takes minutes."""
    _settings()
    from bot.loadtest.bench import benchmark

    _finish(benchmark(photos, rounds, results))


async def _sandbox(settings: Settings, host: str, port: int, *, with_bot: bool) -> None:
    from bot.sandbox.server import serve

    folder = settings.data_dir / "sandbox"
    for place in (settings.data_dir, folder):
        await asyncio.to_thread(check, place)
    async with serve(folder / "telegram", host, port) as address:
        typer.echo(f"Chat with the bot at {address} (Ctrl+C stops it).")
        if not with_bot:
            typer.echo(f"Run it with TELEGRAM_API_URL={address} BOT_TOKEN={SANDBOX_TOKEN}.")
            await _until_stopped()
            return
        from bot import app as application

        await application.run(
            settings.model_copy(
                update={
                    "bot_token": SecretStr(SANDBOX_TOKEN),
                    "telegram_api_url": address,
                    "admin_ids": settings.admin_ids | {ADMIN.id},
                    # What is set for the real bot is none of the sandbox's business.
                    "data_dir": folder,
                    "database_url": None,
                    "proxy_url": None,
                    "allowed_ids": frozenset(),
                }
            )
        )


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


def _settings(**overrides: Any) -> Settings:
    try:
        settings = load_settings(**overrides)
    except SettingsError as error:
        _fail(str(error))
    set_up_logging(settings.log_level, *_secrets(settings))
    for line in unknown_names():
        logging.getLogger("captionbot").warning("%s", line)
    # The database, its journals, backups, photos and exports are other people's.
    os.umask(OTHERS)
    return settings


def _secrets(settings: Settings) -> list[str]:
    secrets = (settings.bot_token, settings.proxy_url, settings.database_url)
    return [secret.get_secret_value() for secret in secrets if secret is not None]


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what a person can put right becomes one line and exit code 1."""
    from sqlalchemy.exc import DBAPIError

    from bot.data_folder import DataFolderError
    from bot.feedback.export import ExportError
    from bot.loadtest.errors import LoadTestError
    from bot.sandbox.errors import SandboxStartError
    from bot.storage.availability import DatabaseUnavailableError
    from bot.storage.backups import BackupError
    from bot.storage.condition import UnusableDatabaseError, short_cause
    from bot.telegram.startup import StartError
    from bot.web.server import WebStartError
    from captioning import CaptioningError

    expected = (
        StartError,
        DataFolderError,
        UnusableDatabaseError,
        BackupError,
        ExportError,
        LoadTestError,
        SandboxStartError,
        WebStartError,
        CaptioningError,
    )
    try:
        asyncio.run(work)
    except expected as error:
        _fail(str(error))
    except (DatabaseUnavailableError, DBAPIError) as error:
        _fail(f"The database cannot be used ({short_cause(error)}); ask captionbot doctor.")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _leave() -> NoReturn:
    """End at once, everything being stored and closed.

    Python would wait for a model that is still at work in a thread, and take seconds to tidy up
    after torch; a container is killed ten seconds after it was asked to stop.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _fail(message: str) -> NoReturn:
    typer.echo(Redactor()(message), err=True)
    raise typer.Exit(1)


def main() -> None:
    """Run the command line."""
    accept_every_name()
    app()


if __name__ == "__main__":
    main()
