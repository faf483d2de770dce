"""Karpathy's split files, which hold captions and splits of Flickr8k, Flickr30k or COCO.

Source: Karpathy and Fei-Fei, "Deep visual-semantic alignments" (2015).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.datasets.flickr import PHOTO_FOLDERS_8K, PHOTO_FOLDERS_30K
from training.datasets.records import (
    DatasetError,
    Record,
    RecordList,
    canonical_split,
    checked_caption,
    entries,
    field,
    photos_beside,
    read_json,
)

# "restval" is the rest of COCO's validation photos, which everyone trains on.
_SPLITS = {"train": "train", "restval": "train", "val": "dev", "test": "test"}
_PHOTO_FOLDERS = (".", "images", *PHOTO_FOLDERS_8K, *PHOTO_FOLDERS_30K)


def find_karpathy(root: Path) -> Path | None:
    """The split file in `root`.

    Raises:
        DatasetError: when there are several, since only a person knows which is meant.
    """
    found = sorted([*root.glob("dataset_*.json"), *root.glob("dataset.json")])
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DatasetError(f"{root} holds several split files ({names}): name the one to read")
    return found[0] if found else None


def load_karpathy(path: Path, split: str) -> list[Record]:
    """Read one split of a split file.

    Args:
        path: ``dataset_flickr8k.json``, ``dataset_coco.json`` and the like. The photos are looked
            for beside it, in ``images`` and in the folders of the official layouts; ``filepath``
            of an entry, where there is one, is a folder in those.

    Raises:
        DatasetError: for an unknown split, a missing or repeated photo, a photo without captions,
            a caption without words; with the file and its entry.
    """
    split = canonical_split(split)
    folders = _folders(path)
    records = RecordList()
    for where, entry in entries(path, read_json(path), "images"):
        own = field(entry, "split", str, where)
        if own not in _SPLITS:
            raise DatasetError(f"{where}: {own!r} is none of the splits {', '.join(_SPLITS)}")
        if _SPLITS[own] != split:
            continue
        name = field(entry, "filename", str, where)
        image = _photo(folders, entry.get("filepath"), name)
        records.add(name, image, _captions(entry, where), where)
    return records.of(path, split)


def unlabelled_karpathy(path: Path) -> list[Record]:
    """The photos beside those of a split file that it does not mention."""
    folders = _folders(path)
    mentioned = (
        _photo(folders, entry.get("filepath"), field(entry, "filename", str, where))
        for where, entry in entries(path, read_json(path), "images")
    )
    return photos_beside(path.parent, mentioned)


def _folders(path: Path) -> list[Path]:
    return [path.parent / name for name in _PHOTO_FOLDERS if (path.parent / name).is_dir()]


def _captions(entry: Mapping[str, Any], where: str) -> list[str]:
    captions = []
    for index, sentence in enumerate(field(entry, "sentences", list, where)):
        raw = sentence.get("raw") if isinstance(sentence, dict) else None
        captions.append(checked_caption(raw, f"{where}.sentences[{index}].raw"))
    return captions


def _photo(folders: Sequence[Path], filepath: object, name: str) -> Path:
    """The photo where it is, or where it should be when it is nowhere."""
    places = [folder / name for folder in folders]
    if isinstance(filepath, str) and filepath:
        places = [folder / filepath / name for folder in folders] + places
    return next((place for place in places if place.is_file()), places[0])
