"""COCO captions as its authors publish them (Chen et al., "Microsoft COCO Captions", 2015)."""

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
    read_json,
)

_YEARS = ("2017", "2014")


def find_coco(root: Path) -> Path | None:
    """`root`, when it holds COCO's captions of any year."""
    files = (_annotations(root, part, year) for part in ("train", "val") for year in _YEARS)
    return root if any(file.is_file() for file in files) else None


def load_coco(root: Path, split: str) -> list[Record]:
    """Read COCO's train or val captions, of 2017 if they are there, otherwise of 2014.

    Args:
        root: the folder with ``annotations/captions_{train,val}{2017,2014}.json`` and the photos
            in ``train2017`` and the like, or in ``images/train2017``.

    Raises:
        DatasetError: for an unknown split, a missing file, a repeated id, a photo or caption that
            belongs to nothing, a caption without words; with the file and its entry.
    """
    split = canonical_split(split)
    if split == "test":
        raise DatasetError(
            "COCO's test captions are not public: use dev, or put Karpathy's dataset_coco.json, "
            f"which has a test split, into {root}"
        )
    part = {"train": "train", "dev": "val"}[split]
    year = next((year for year in _YEARS if _annotations(root, part, year).is_file()), _YEARS[0])
    path = _annotations(root, part, year)
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
    folder = existing_folder(root, (f"{part}{year}", f"images/{part}{year}"))
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


def _annotations(root: Path, part: str, year: str) -> Path:
    return root / "annotations" / f"captions_{part}{year}.json"
