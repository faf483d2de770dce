"""COCO captions as its authors publish them (Chen et al., "Microsoft COCO Captions", 2015).

A part of COCO in the same form may leave the year out, and have a dev and a test split of its own.
"""

from collections import defaultdict
from pathlib import Path

from training.datasets.records import (
    DatasetError,
    Record,
    RecordList,
    canonical_split,
    checked_caption,
    entries,
    existing_folder,
    field,
    photos_beside,
    read_json,
)

_PARTS = {
    "train": ("train2017", "train2014", "train"),
    "dev": ("val2017", "val2014", "val", "dev"),
    "test": ("test",),
}
"""How the files of each split may be called; the official val captions are dev."""


def find_coco(root: Path) -> Path | None:
    """`root`, when it holds COCO's captions of any year."""
    return root if any(_part(root, split) for split in ("train", "dev")) else None


def load_coco(root: Path, split: str) -> list[Record]:
    """Read one split of COCO's captions, of 2017 if they are there, otherwise of 2014.

    Args:
        root: the folder with ``annotations/captions_{train,val}{2017,2014}.json`` and the photos
            in ``train2017`` and the like, in ``images/train2017``, or all in ``images``; or with
            ``captions_{train,dev,test}.json`` of a part of COCO.

    Raises:
        DatasetError: for an unknown split, a missing file, a repeated id, a photo or caption that
            belongs to nothing, a caption without words; with the file and its entry.
    """
    split = canonical_split(split)
    part = _part(root, split)
    if split == "test" and part is None:
        raise DatasetError(
            "COCO's test captions are not public: use dev, or put Karpathy's dataset_coco.json, "
            f"which has a test split, into {root}"
        )
    part = part or _PARTS[split][0]
    path = _annotations(root, part)
    document = read_json(path)
    captions: dict[int, list[str]] = defaultdict(list)
    places: dict[int, str] = {}
    seen: set[int] = set()
    for where, entry in entries(path, document, "annotations"):
        number = field(entry, "id", int, where)
        if number in seen:
            raise DatasetError(f"{where}: the caption id {number} is there twice")
        seen.add(number)
        image_id = field(entry, "image_id", int, where)
        places.setdefault(image_id, where)
        captions[image_id].append(checked_caption(entry.get("caption"), where))
    folder = _photos(root, part)
    records = RecordList()
    ids: set[int] = set()
    for where, entry in entries(path, document, "images"):
        image_id = field(entry, "id", int, where)
        if image_id in ids:
            raise DatasetError(f"{where}: the image id {image_id} is there twice")
        ids.add(image_id)
        name = field(entry, "file_name", str, where)
        records.add(name, folder / name, captions.get(image_id, ()), where)
    if strangers := captions.keys() - ids:
        image_id = min(strangers)
        raise DatasetError(f"{places[image_id]}: there is no image with the id {image_id}")
    return records.of(path, split)


def unlabelled_coco(root: Path) -> list[Record]:
    """The photos beside the captioned ones of which no file of captions tells."""
    mentioned: list[Path] = []
    for part in (part for parts in _PARTS.values() for part in parts):
        path = _annotations(root, part)
        if path.is_file():
            folder = _photos(root, part)
            mentioned += [
                folder / field(entry, "file_name", str, where)
                for where, entry in entries(path, read_json(path), "images")
            ]
    return photos_beside(root, mentioned)


def _part(root: Path, split: str) -> str | None:
    """The first of a split's names of which there are captions."""
    return next((part for part in _PARTS[split] if _annotations(root, part).is_file()), None)


def _annotations(root: Path, part: str) -> Path:
    return root / "annotations" / f"captions_{part}.json"


def _photos(root: Path, part: str) -> Path:
    return existing_folder(root, (part, f"images/{part}", "images"))
