"""Flickr8k as Kaggle gives it out: ``captions.txt``, which is CSV, and the photos in ``Images``.

It has no splits. Where the official lists lie beside it they are used; else the photos are split by
their names, as those of one's own are.
"""

import csv
from pathlib import Path

from training.datasets.flickr import LISTS_8K, PHOTO_FOLDERS_8K, listed, text_folders
from training.datasets.own import split_by_hash
from training.datasets.records import (
    DatasetError,
    Record,
    RecordList,
    canonical_split,
    checked_caption,
    existing_folder,
    photos_beside,
    read_lines,
)

_CAPTIONS = "captions.txt"
_HEADER = "image,caption"


def find_kaggle(root: Path) -> Path | None:
    """The file of captions in `root`, when it is one of Kaggle's."""
    path = root / _CAPTIONS
    if not path.is_file():
        return None
    first = next((line for _where, line in read_lines(path)), "")
    return path if first.strip() == _HEADER else None


def load_kaggle(path: Path, split: str) -> list[Record]:
    """Read one split.

    Raises:
        DatasetError: for an unknown split, a missing photo, a caption without words; with file and
            line.
    """
    split = canonical_split(split)
    root = path.parent
    photos = existing_folder(root, PHOTO_FOLDERS_8K)
    captions = _captions(path)
    listings = (folder / LISTS_8K.format(split=split) for folder in text_folders(root))
    if listing := next((it for it in listings if it.is_file()), None):
        texts = {name: of_photo for name, (_where, of_photo) in captions.items()}
        return listed(listing, split, photos, texts)
    records = RecordList()
    for name, (where, of_photo) in captions.items():
        if split_by_hash(name) == split:
            records.add(name, photos / name, of_photo, where)
    return records.of(path, split)


def unlabelled_kaggle(path: Path) -> list[Record]:
    """The photos of the folder that have no captions."""
    folder = existing_folder(path.parent, PHOTO_FOLDERS_8K)
    return photos_beside(path.parent, (folder / name for name in _captions(path)))


def _captions(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Where each photo is told of first, and its captions."""
    captions: dict[str, tuple[str, list[str]]] = {}
    for index, (where, line) in enumerate(read_lines(path)):
        if index == 0:
            continue
        # Not every caption with a comma in it has quotes.
        name, *rest = next(csv.reader([line]))
        if not rest:
            raise DatasetError(f"{where}: expected 'image.jpg,caption'")
        _first, of_photo = captions.setdefault(name.strip(), (where, []))
        of_photo.append(checked_caption(",".join(rest), where))
    return captions
