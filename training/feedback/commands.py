"""The commands of `caption-train` that close the loop from people's feedback to better models."""

from pathlib import Path
from typing import Annotated

import typer

from training.data_commands import Threads
from training.options import new_file_option

_MODEL = "Model whose words are known: a name, checkpoint or run. Can be repeated."


def register(app: typer.Typer) -> None:
    """Add the commands to `caption-train`."""
    for command in (curate, review, improve, compare):
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


def improve(
    dataset: Annotated[Path, typer.Argument(help="Folder that 'curate' wrote.")],
    run: Annotated[
        Path, typer.Option("--run", "--out", help="Folder of the training, resumed when begun.")
    ],
    start: Annotated[
        str, typer.Option(help="The model that people talked with: a name or checkpoint.")
    ] = "mobilenet-attention",
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            help="Dataset that --start was trained on, against forgetting. Can be repeated; "
            "without any, what it said before takes their place."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Of the new model; told from the dataset when unset.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Times that it goes through all.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance.")] = 1,
    threads: Threads = None,
) -> None:
    """Let a model learn from what people said of its captions, in minutes."""
    import torch

    from training.feedback.improve import Recipe
    from training.feedback.improve import improve as improve_model

    if threads:
        torch.set_num_threads(threads)
    path = improve_model(
        dataset,
        run,
        start=start,
        replay=replay or (),
        recipe=Recipe(epochs=epochs),
        version=version,
        seed=seed,
    )
    typer.echo(path)


def compare(
    old: Annotated[str, typer.Argument(help="Model name, checkpoint file or folder of a run.")],
    new: Annotated[str, typer.Argument(help="The one that might take its place.")],
    data: Annotated[
        list[Path], typer.Option(help="Dataset on which it should be better. Can be repeated.")
    ],
    guard: Annotated[
        list[Path] | None,
        typer.Option(help="Dataset on which it must lose no more than 0.5 CIDEr. Can be repeated."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Of --data; test where there is one, else dev, when unset."),
    ] = None,
    html: Annotated[Path | None, new_file_option("Page to write, with examples.")] = None,
    json: Annotated[Path | None, new_file_option("File for the figures.")] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino.")] = "auto",
) -> None:
    """Say whether a new model captions better than an old one.

    The exit code is 0 when it is better, 3 when there is no difference, 4 when it is worse and 5
    when a guard set refuses it.
    """
    from training.feedback.compare import EXIT_CODES
    from training.feedback.compare_command import compare_models

    result = compare_models(
        old, new, data, guard or (), split=split, html=html, json_path=json, engine=engine
    )
    raise typer.Exit(EXIT_CODES[result])
