"""The commands `caption-train benchmark` and `fidelity`."""

from pathlib import Path
from typing import Annotated

import typer

from training.data_commands import DATASET, Threads


def benchmark(
    prepared: Annotated[Path, typer.Option(help="Folder of 'prepare'.")] = Path("cache/flickr8k"),
    dataset: Annotated[
        list[Path] | None,
        typer.Option(help=DATASET + " Can be repeated; those of --prepared when unset."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps measured of each; more tell more.")] = 5,
    precision: Annotated[str, typer.Option(help="Of ours: auto, fp32 or bf16.")] = "auto",
    threads: Threads = None,
) -> None:
    """Measure epochs against the way tutorials train: once per caption, padded, nothing cached."""
    import torch

    from training.benchmark import benchmark as measure
    from training.prepared import sources_of

    if threads:
        torch.set_num_threads(threads)
    datasets = dataset or [Path(source.path) for source in sources_of(prepared)]
    measure(prepared, datasets, steps=steps, precision=precision)


def fidelity(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help=DATASET)],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Model name, checkpoint file or folder of a run; the bundled models when unset. "
            "Can be repeated."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train, dev (or val) or test.")] = "dev",
    photos: Annotated[
        int | None, typer.Option(min=1, help="Only so many, the first; all when unset.")
    ] = None,
    threads: Threads = None,
) -> None:
    """Compare captions of the fast runtime with torch's in fp32; the exit code is 1 if they differ.

    In full precision texts must be the same, as shipped CIDEr must.
    """
    from captioning import MODELS
    from training.fidelity import fidelity as compare

    found = compare(model or list(MODELS), dataset, split=split, photos=photos, threads=threads)
    raise typer.Exit(0 if all(one.holds for one in found) else 1)
