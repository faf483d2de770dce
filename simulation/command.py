"""`caption-train simulate`."""

from pathlib import Path
from typing import Annotated

import typer

_SPLIT = "A dataset and, behind a colon, its split (train or dev)."


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder for all that comes of it.")],
    photos: Annotated[
        list[str], typer.Option(help=_SPLIT + " People speak of its photos. Can be repeated.")
    ],
    guard: Annotated[str, typer.Option(help=_SPLIT + " Nothing must be lost on it.")],
    start: Annotated[
        str, typer.Option(help="The model that learns: a name or checkpoint.")
    ] = "resnet34-lstm",
    other: Annotated[
        list[str] | None,
        typer.Option(help="A model that answers beside it. Can be repeated."),
    ] = None,
    replay: Annotated[
        list[Path] | None, typer.Option(help="See 'improve'. Can be repeated.")
    ] = None,
    withhold: Annotated[int, typer.Option(min=10, help="Photos that nobody speaks of.")] = 300,
    guards: Annotated[int, typer.Option(min=10, help="Photos to guard, at most.")] = 300,
    most: Annotated[
        int | None, typer.Option(min=30, help="Photos that people speak of, at most.")
    ] = None,
    people: Annotated[int, typer.Option(min=8, help="Every eighth is a vandal.")] = 48,
    raters: Annotated[int, typer.Option(min=1, help="People who rate each photo.")] = 8,
    sample: Annotated[
        int, typer.Option(min=0, help="Photos that go through the real bot and sandbox.")
    ] = 6,
    ablation: Annotated[bool, typer.Option(help="See what each part gives, too.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance.")] = 1,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads.")] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Chart to write (.png or .svg).", dir_okay=False)
    ] = None,
) -> None:
    """Measure the feedback loop on made-up people, one vandal in eight among them.

    The exit code is 0 when the model became better on photos that nobody spoke of, and is not
    refused by the guard; else as of 'compare'.
    """
    import torch

    from simulation.chart import draw
    from simulation.loop import Setting
    from simulation.loop import simulate as run
    from simulation.photos import choose
    from training.feedback.compare import EXIT_CODES

    if threads:
        torch.set_num_threads(threads)
    chosen = choose(
        [_dataset(one) for one in photos],
        _dataset(guard),
        withhold=withhold,
        most_guards=guards,
        most_spoken=most,
    )
    typer.echo(
        f"{len(chosen.spoken_of):,} photos that people speak of, {len(chosen.withheld):,} "
        f"withheld, {len(chosen.guard):,} to guard"
    )
    setting = Setting(
        start,
        others=other or (),
        replay=replay or (),
        people=people,
        raters=raters,
        sample=sample,
        seed=seed,
        ablation=ablation,
    )
    outcomes = run(chosen, out, setting)
    if chart:
        draw(outcomes, chart)
    raise typer.Exit(EXIT_CODES[outcomes[0].verdict])


def _dataset(text: str) -> tuple[Path, str]:
    path, _, split = text.rpartition(":")
    if not path:
        raise typer.BadParameter(f"{text} names no split: write {text}:dev or {text}:train")
    return Path(path), split
