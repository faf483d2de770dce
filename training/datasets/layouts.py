"""Which layout a dataset on disk has."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.datasets.coco import find_coco, load_coco
from training.datasets.flickr import (
    find_flickr8k,
    find_flickr30k,
    load_flickr8k,
    load_flickr30k,
)
from training.datasets.karpathy import find_karpathy, load_karpathy
from training.datasets.own import find_own, load_own
from training.datasets.records import DatasetError, Record, canonical_split, read_json


@dataclass(frozen=True, slots=True)
class _Layout:
    title: str
    sign: str
    """What it is known by, for people."""
    find: Callable[[Path], Path | None]
    """The path to load when a folder has this layout."""
    load: Callable[[Path, str], list[Record]]


# Karpathy's file comes first: who puts it beside an official layout wants its splits.
_LAYOUTS = (
    _Layout("Karpathy's splits", "dataset_*.json", find_karpathy, load_karpathy),
    _Layout("Flickr8k", "Flickr8k_text/Flickr8k.token.txt", find_flickr8k, load_flickr8k),
    _Layout("Flickr30k", "results_20130124.token or results.csv", find_flickr30k, load_flickr30k),
    _Layout(
        "COCO captions", "annotations/captions_{train,val}{2017,2014}.json", find_coco, load_coco
    ),
    _Layout("a dataset of your own", "captions.json or captions.csv", find_own, load_own),
)


def load_dataset(path: Path, split: str) -> list[Record]:
    """Read one split of a dataset in any layout that is known here.

    Args:
        path: the dataset's folder, or its file of captions: Karpathy's, or a JSON or CSV of one's
            own.
        split: ``train``, ``dev`` (or ``val``) or ``test``.

    Returns:
        Its records, with unique names, photos that exist and captions that have words.

    Raises:
        DatasetError: when the layout is not recognised, or for what is wrong with the dataset.
    """
    split = canonical_split(split)
    if path.is_file():
        return _load_file(path, split)
    if not path.is_dir():
        raise DatasetError(f"{path} does not exist")
    for layout in _LAYOUTS:
        found = layout.find(path)
        if found is not None:
            return layout.load(found, split)
    looked_for = "; ".join(f"{layout.sign} ({layout.title})" for layout in _LAYOUTS)
    raise DatasetError(f"{path} has no layout that is known here. Looked for: {looked_for}")


def _load_file(path: Path, split: str) -> list[Record]:
    if path.name == "results.csv" or path.suffix == ".token":
        return load_flickr30k(path, split)
    if path.suffix.lower() == ".csv":
        return load_own(path, split)
    if path.suffix.lower() == ".json":
        # Karpathy's is an object, a file of one's own is a list.
        own = isinstance(read_json(path), list)
        return load_own(path, split) if own else load_karpathy(path, split)
    raise DatasetError(f"{path} is neither a folder nor a JSON or CSV file of captions")
