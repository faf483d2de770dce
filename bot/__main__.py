"""The `captionbot` command."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from bot.commands import databases, models
from bot.commands.running import fail, finish, leave, read_settings, until_stopped
from bot.data_folder import check
from bot.redaction import Redactor
from bot.sandbox import ADMIN, DEFAULT_HOST, DEFAULT_PORT, SANDBOX_TOKEN
from bot.settings import NOT_CONFIGURED, Settings
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
    settings = read_settings()
    if settings.bot_token is None:
        fail(NOT_CONFIGURED)
    from bot import app as application

    finish(application.run(settings, delete_webhook=delete_webhook))
    leave()


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
    settings = read_settings(**({} if data_dir is None else {"data_dir": data_dir}))
    finish(_sandbox(settings, host, port, with_bot=not api_only))
    leave()


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
    settings = read_settings(**({} if data_dir is None else {"data_dir": data_dir}))
    from bot.app import load_models
    from bot.commands import web

    def ready(address: str) -> None:
        typer.echo(f"The page is at {address} (Ctrl+C stops it).")

    finish(web.run(settings, host, port, behind_proxy=behind_proxy, load=load_models, ready=ready))
    leave()


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
    settings = read_settings()

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

    finish(write())


@app.command()
def doctor() -> None:
    """Look for what would keep the bot from running; changes nothing."""
    settings = read_settings()
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

    finish(look())


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
    settings = read_settings()
    from bot.loadtest.commands import compare_loads
    from bot.loadtest.load import Load

    loads = [Load(people, it, seconds, burst, limits, photos) for it in rate or [5.0]]
    finish(compare_loads(settings, loads, typer.echo, results, chart))
    leave()


@app.command()
def bench(
    photos: Photos = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often captions are measured.")] = 20,
    results: Annotated[
        Path | None, typer.Option(help="JSON file of the last results; the new ones replace it.")
    ] = None,
) -> None:
    """Measure captions and the whole bot; the machine should be idle. Takes minutes."""
    read_settings()
    from bot.loadtest.bench import benchmark

    finish(benchmark(photos, rounds, results))


async def _sandbox(settings: Settings, host: str, port: int, *, with_bot: bool) -> None:
    from bot.sandbox.server import serve

    folder = settings.data_dir / "sandbox"
    for place in (settings.data_dir, folder):
        await asyncio.to_thread(check, place)
    async with serve(folder / "telegram", host, port) as address:
        typer.echo(f"Chat with the bot at {address} (Ctrl+C stops it).")
        if not with_bot:
            typer.echo(f"Run it with TELEGRAM_API_URL={address} BOT_TOKEN={SANDBOX_TOKEN}.")
            await until_stopped()
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
                    "webhook_url": None,
                }
            )
        )


app.add_typer(models.app, name="models")
app.add_typer(databases.app)


def main() -> None:
    """Run the command line."""
    accept_every_name()
    app()


if __name__ == "__main__":
    main()
