"""The commands `captionbot migrate`, `move-database`, `backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL

from bot.addresses import database_at
from bot.commands.running import fail, finish, read_settings

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; `run` and `sandbox` do it by themselves."""
    settings = read_settings()

    async def bring_up_to_date() -> None:
        from bot.data_folder import exclusive
        from bot.storage.migrate import migrate
        from bot.storage.revisions import newest_revision

        with exclusive(settings.data_dir):
            backup = await migrate(settings.database)
        typer.echo(f"The database is at revision {newest_revision()}.")
        if backup is not None:
            typer.echo(f"Before that it was backed up as {backup}.")

    finish(bring_up_to_date())


@app.command()
def move_database(
    source: Annotated[str, typer.Argument(metavar="FROM", help="sqlite:///… or postgresql://…")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database, the same way.")],
) -> None:
    """Copy everything from one database to another, and compare. The bot must not run."""
    settings = read_settings()

    async def move_all() -> None:
        from bot.data_folder import exclusive
        from bot.storage.move import move

        with exclusive(settings.data_dir):
            moved = await move(_database_at(source), _database_at(target))
        for table, contents in moved.items():
            typer.echo(f"{table}: {contents.rows} rows, sha256 {contents.checksum[:16]}")
        typer.echo("All of it was read again and is the same; set DATABASE_URL to the new one.")

    finish(move_all())


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The new file to write; SQLite only.")],
) -> None:
    """Copy the database into one file, while the bot runs."""
    settings = read_settings()

    async def copy() -> None:
        from bot.storage.backups import copy_to

        await copy_to(target, settings.database)
        typer.echo(f"The database was copied to {target}.")

    finish(copy())


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="The backup to put in the database's place.")],
) -> None:
    """Put a backup in the place of the database, which is kept; stop the bot first. SQLite only."""
    settings = read_settings()

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

    finish(put_back())


def _database_at(address: str) -> URL:
    try:
        return database_at(address)
    except ValueError as error:
        fail(str(error))
