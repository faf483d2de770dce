"""`caption-train prepare` and `pair`: datasets made ready."""

from pathlib import Path
from typing import Annotated

import typer

DATASET = (
    "Folder of Flickr8k, Flickr30k or COCO as published, Karpathy's dataset_*.json, or your own "
    "captions.json or captions.csv."
)
_TEXTS = "Captions without photos, one a line, perhaps behind 'source:id' and a tab; .gz too."

MOST_TOLD = 20
"""So many photos that are missing are named; the others are counted."""

Threads = Annotated[
    int | None, typer.Option(min=1, help="Processor threads; all cores when unset.")
]


def prepare(
    datasets: Annotated[list[Path], typer.Argument(metavar="DATASET...", help=DATASET)],
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("cache/flickr8k"),
    min_count: Annotated[int, typer.Option(min=1, help="Rarer words become UNK.")] = 5,
    unlabelled: Annotated[bool, typer.Option(help="Photos without captions too.")] = True,
    texts: Annotated[
        Path | None, typer.Option(help=_TEXTS + " Their words are learned too.", dir_okay=False)
    ] = None,
    min_text_count: Annotated[
        int, typer.Option(min=1, help="How often --texts must say a word that captions lack.")
    ] = 30,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out photos that are not there.")
    ] = False,
) -> None:
    """Decode the photos of datasets once and build one vocabulary for all."""
    from training.prepare import prepare as run

    left_out = run(
        datasets,
        out,
        min_count=min_count,
        unlabelled=unlabelled,
        texts=texts,
        min_text_count=min_text_count,
        skip_missing=skip_missing,
    )
    for line in left_out[:MOST_TOLD]:
        typer.echo(f"left out: {line}", err=True)
    if len(left_out) > MOST_TOLD:
        typer.echo(f"left out: {len(left_out) - MOST_TOLD} more", err=True)


def pair(
    prepared: Annotated[
        Path, typer.Argument(help="Folder of 'prepare', of which some photos lack captions.")
    ],
    texts: Annotated[Path, typer.Option(help=_TEXTS, dir_okay=False)],
    teacher: Annotated[
        Path,
        typer.Option(
            help="Strong image network in OpenVINO's format (.xml): input photo, outputs grid and "
            "logits.",
            dir_okay=False,
        ),
    ],
    objects: Annotated[
        Path | None,
        typer.Option(
            help="What a detector found, one JSON object a line: file, objects (name, score).",
            dir_okay=False,
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Source of the texts to take; all when unset. Can be repeated."),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Name of a dataset to pair; all when unset. Can be repeated."),
    ] = None,
    keep: Annotated[int, typer.Option(min=1, max=50, help="Texts that each photo is given.")] = 8,
    min_count: Annotated[int, typer.Option(min=1, help="Rarer words are not learned.")] = 30,
    threads: Threads = None,
) -> None:
    """Give photos without captions those texts that fit them best, as pseudo captions."""
    import torch

    from training.pairing.pair import pair as run

    if threads:
        torch.set_num_threads(threads)
    scores = run(
        prepared,
        texts,
        teacher,
        objects=objects,
        sources=source or (),
        datasets=dataset or (),
        keep=keep,
        min_count=min_count,
    )
    for name, found in scores.items():
        typer.echo(
            f"{name}, dev: the best text for each photo scores CIDEr {found.cider:.1f}, "
            f"BLEU-4 {found.bleu4:.1f}"
        )
