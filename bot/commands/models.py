"""`captionbot models`: versions of the models side by side, while the bot runs or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.running import finish, read_settings
from bot.settings import Settings

if TYPE_CHECKING:  # it would bring the database, and with it a while, to every start
    from bot.queue.standings import Standing, Version
    from bot.queue.versions import Change, Versions

Model = Annotated[
    str | None, typer.Option("--model", help="Of which model it is a version, where that is open.")
]
_TAKEN_UP = "A bot that runs takes it up within seconds; /health and its log say if it cannot."


app = typer.Typer(
    help="Versions of the models side by side: which answers, and which is on trial.",
    no_args_is_help=True,
)


@app.command("list")
def list_() -> None:
    """Show the versions of each model."""

    async def show() -> None:
        async with _versions(read_settings()) as versions:
            for standing in await versions.standings():
                typer.echo("\n".join(_lines(standing)))

    finish(show())


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A checkpoint that `caption-train` wrote.")],
    model: Model = None,
) -> None:
    """Take a file in as a version that can be promoted or tried; it does not answer yet."""

    async def take_in() -> None:
        async with _versions(read_settings()) as versions:
            name, version = await versions.add(file, model)
            typer.echo(f"{name} {version.name} can answer now: {version.path}.")
            typer.echo(f"Promote it with `captionbot models promote {name} {version.name}`.")

    finish(take_in())


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="The model.")],
    version: Annotated[str, typer.Argument(help="Its version; `bundled` is the package's.")],
) -> None:
    """Let a version answer everybody."""

    async def change() -> None:
        async with _versions(read_settings()) as versions:
            _tell(await versions.promote(name, version))

    finish(change())


@app.command()
def rollback(
    model: Annotated[str | None, typer.Option("--model", help="Of this model only.")] = None,
) -> None:
    """Take the last promotion back."""

    async def change() -> None:
        async with _versions(read_settings()) as versions:
            _tell(await versions.roll_back(model))

    finish(change())


@app.command()
def share(
    version: Annotated[str, typer.Argument(help="The version to try.")],
    percent: Annotated[int, typer.Argument(help="Of the people; 0 ends the trial.")],
    model: Model = None,
) -> None:
    """Let a version answer a share of the people, always the same ones."""

    async def change() -> None:
        async with _versions(read_settings()) as versions:
            name = await versions.share(version, percent, model)
            if percent == 0:
                typer.echo(f"The trial of {name} {version} is over. {_TAKEN_UP}")
                return
            typer.echo(f"{name} {version} answers {percent} % of the people. {_TAKEN_UP}")
            typer.echo("/stats tells which version people like more, as soon as that is known.")

    finish(change())


@asynccontextmanager
async def _versions(settings: Settings) -> "AsyncIterator[Versions]":
    from bot.queue.versions import Versions
    from bot.storage import Database
    from bot.storage.migrate import check_newest
    from captioning.card import read_card
    from captioning.catalogue import ENTRIES

    await check_newest(settings.database)
    own = {name: read_card(entry.path).version for name, entry in ENTRIES.items()}
    database = Database(settings.database)
    try:
        yield Versions(database, settings.models_dir, own)
    finally:
        await database.close()


def _tell(change: "Change") -> None:
    names = change.model, change.now.name, change.before.name
    typer.echo("{} {} answers now, instead of {}. {}".format(*names, _TAKEN_UP))


def _lines(standing: "Standing") -> list[str]:
    return [standing.model, *(f"  {_line(standing, version)}" for version in standing.versions)]


def _line(standing: "Standing", version: "Version") -> str:
    added = version.added_at
    facts = [f"{version.name:<12} " + (f"added {added:%Y-%m-%d}" if added else "of the package")]
    if version == standing.current:
        facts.append("answers")
    elif version == standing.previous:
        facts.append("answers after a rollback")
    trial = standing.trial
    if trial is not None and version == trial.version:
        facts.append(
            f"on trial with {trial.percent} % of the people since {trial.began_at:%Y-%m-%d}"
        )
    if version.path is not None and not version.path.is_file():
        facts.append(f"its file is missing: {version.path}")
    return ", ".join(facts)
