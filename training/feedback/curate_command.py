"""`caption-train curate`: exports in, a dataset and its report out."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from captioning import ImageError
from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint
from captioning.vocabulary import SPECIAL_TOKENS
from training.datasets import DatasetError, load_dataset
from training.feedback.curate import curate
from training.feedback.curated import Curated, Rules
from training.feedback.curation_page import curation_page
from training.feedback.dataset_folder import check_replaceable, manifest, write_dataset
from training.feedback.export_reader import read_export
from training.feedback.near_duplicates import perceptual_hash, stack
from training.named_models import checkpoint_of


def curate_exports(
    paths: Sequence[Path],
    out: Path,
    *,
    models: Sequence[str],
    rules: Rules | None = None,
    held_out: Sequence[Path] = (),
) -> Curated:
    """Read exports, write the dataset into the folder `out` and print what became of the texts.

    Args:
        models: whose words are known; by name, checkpoint file or folder of a run.
        held_out: datasets of whose dev and test photos nothing is learnt.

    Raises:
        CaptioningError: for an export, model or dataset that cannot be used, or when nothing is
            left to learn from; then nothing is written.
    """
    check_replaceable(out)
    exports = [read_export(path) for path in paths]
    curated = curate(exports, known_words(models), rules, held_out=_hashes_of(held_out))
    write_dataset(curated, out, curation_page)
    _print(curated)
    return curated


def known_words(models: Iterable[str]) -> set[str]:
    """The words that any of the models can say."""
    return {
        word
        for model in models
        for word in Checkpoint.load(locate(checkpoint_of(model))).vocabulary.words[
            len(SPECIAL_TOKENS) :
        ]
    }


def _hashes_of(datasets: Sequence[Path]) -> NDArray[np.uint64] | None:
    """The perceptual hashes (N, 2) of the photos that models are judged on."""
    photos: list[Path] = []
    for dataset in datasets:
        problems = []
        for split in ("dev", "test"):
            try:
                photos += (record.image for record in load_dataset(dataset, split))
            except DatasetError as error:
                problems.append(error)
        if len(problems) == 2:  # one of the splits may be withheld, as Flickr8k's test often is
            raise problems[0]
    if not photos:
        return None

    def hashed(path: Path) -> NDArray[np.uint64]:
        try:
            return perceptual_hash(path.read_bytes())
        except ImageError as error:
            raise DatasetError(f"{path}: {error}") from error

    with ThreadPoolExecutor() as threads:
        return stack(threads.map(hashed, photos))


def _print(curated: Curated) -> None:
    facts = manifest(curated)
    table = Table(title="What became of the texts", title_justify="left")
    table.add_column("")
    table.add_column("texts", justify="right")
    table.add_row("kept, corrections", f"{facts['kept']['corrections']:,}", style="green")
    table.add_row("kept, liked captions", f"{facts['kept']['captions']:,}", style="green")
    for reason, count in facts["dropped"].items():
        table.add_row(reason, f"{count:,}")
    console = Console()
    console.print(table)
    for split, counts in facts["splits"].items():
        console.print(
            f"{split}: {counts['photos']:,} photos, {counts['captions']:,} captions, "
            f"{counts['preferences']:,} preferences"
        )
