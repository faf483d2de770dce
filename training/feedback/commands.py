"""The commands of `caption-train` that close the loop from people's feedback to better models."""

from pathlib import Path
from typing import Annotated

import typer

_MODEL = "Model whose words are known: a name, checkpoint or run. Can be repeated."


def register(app: typer.Typer) -> None:
    """Add the commands to `caption-train`."""
    for command in (curate, review):
        app.command()(command)


def curate(
    exports: Annotated[
        list[Path],
        typer.Argument(
            metavar="EXPORT.zip...", help="What 'captionbot export' wrote; the newest wins."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the dataset to write.")],
    model: Annotated[
        list[str] | None, typer.Option(help=_MODEL + " The bundled ones when unset.")
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Dataset of whose dev and test photos nothing is learnt. Can be repeated."
        ),
    ] = None,
    min_likes: Annotated[
        int, typer.Option(min=1, help="So many trusted people must like a model's caption.")
    ] = 2,
    min_trust: Annotated[
        float, typer.Option(min=0, max=1, help="Who is trusted less takes no part.")
    ] = 0.5,
) -> None:
    """Make a dataset of what people said about captions, and a report of it."""
    from captioning import MODELS
    from training.feedback.curate_command import curate_exports
    from training.feedback.curated import Rules
    from training.feedback.dataset_folder import REPORT

    rules = Rules(min_likes=min_likes, min_trust=min_trust)
    models = model or list(MODELS)
    curate_exports(exports, out, models=models, rules=rules, held_out=held_out or ())
    typer.echo(out / REPORT)


def review(
    dataset: Annotated[Path, typer.Argument(help="Folder that 'curate' wrote.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8082,
) -> None:
    """Keep, fix or drop captions on a page in the browser; the dataset is read as you leave it."""
    import asyncio
    from contextlib import suppress

    from training.feedback.review_server import run

    with suppress(KeyboardInterrupt):
        asyncio.run(run(dataset, port, lambda url: typer.echo(f"{url} (Ctrl+C ends it)")))
    typer.echo("What was decided is saved.")
