"""Which photos people talk about, and on which the outcome is measured."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from captioning import CaptioningError
from training.datasets import Record, load_dataset

ENOUGH_REFERENCES = 5
"""Photos with so many captions are withheld first: CIDEr is the surer, the more there are."""


class PhotosError(CaptioningError):
    """The datasets do not have the photos that were asked for."""


@dataclass(frozen=True, slots=True)
class Photos:
    """What a simulation is about."""

    spoken_of: Sequence[Record]
    """Photos that people rate captions of; their captions are what people know."""
    withheld: Sequence[Record]
    """Photos of the same kind that nobody speaks of."""
    guard: Sequence[Record]
    """Photos of another kind, on which nothing must be lost."""


def choose(
    spoken: Sequence[tuple[Path, str]],
    guard: tuple[Path, str],
    *,
    withhold: int,
    most_guards: int,
    most_spoken: int | None = None,
) -> Photos:
    """Divide the photos of datasets, by hashes of their names.

    Args:
        spoken: datasets and splits that people's photos come from.
        guard: a dataset and its split.
        withhold: so many of the photos nobody speaks of.

    Raises:
        DatasetError: for a dataset that cannot be read.
        PhotosError: when there are too few photos.
    """
    records = [record for path, split in spoken for record in _shuffled(load_dataset(path, split))]
    if len(records) < 2 * withhold:
        raise PhotosError(
            f"there are {len(records)} photos, and {withhold} are to be withheld: withhold fewer"
        )
    complete = [record for record in records if len(record.captions) >= ENOUGH_REFERENCES]
    withheld = (complete if len(complete) >= withhold else records)[:withhold]
    names = {record.image for record in withheld}
    left = [record for record in records if record.image not in names]
    return Photos(left[:most_spoken], withheld, _shuffled(load_dataset(*guard))[:most_guards])


def write_dataset(records: Mapping[str, Sequence[Record]], folder: Path) -> Path:
    """A dataset of one's own that leaves the photos where they are.

    Args:
        records: by split.

    Returns:
        Its folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = [
        {
            "image": str(record.image.resolve()),
            "captions": list(record.captions),
            "split": split,
            **({"weights": list(record.weights)} if record.weights else {}),
        }
        for split, of_split in records.items()
        for record in of_split
    ]
    (folder / "captions.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    return folder


def _shuffled(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: hashlib.sha256(record.name.encode()).digest())
