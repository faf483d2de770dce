"""Flickr8k and Flickr30k in their official layouts.

Sources: Hodosh, Young and Hockenmaier, "Framing image description as a ranking task" (2013);
Young et al., "From image descriptions to visual denotations" (2014).
"""

import re
from pathlib import Path

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

# The archive's, a name without its mistake, Kaggle's; and each in itself, from unzipping it twice.
_NAMES_8K = ("Flicker8k_Dataset", "Flickr8k_Dataset", "Images", "images")
PHOTO_FOLDERS_8K = (*(f"{a}/{b}" for a in _NAMES_8K for b in _NAMES_8K), *_NAMES_8K)
LISTS_8K = "Flickr_8k.{split}Images.txt"
# The archive and a widespread copy of it, which its own archive nests.
_NAMES_30K = ("flickr30k-images", "flickr30k_images")
PHOTO_FOLDERS_30K = (*(f"{a}/{b}" for a in _NAMES_30K for b in _NAMES_30K), *_NAMES_30K)

_TOKENS_8K = "Flickr8k.token.txt"
_TABLES_30K = ("results_20130124.token", "results.csv")
_TOKEN_LINE = re.compile(r"(?P<name>[^\t#]+)#(?P<number>\d+)\s*\t(?P<caption>.*)")
# One line of the well-known results.csv lacks its second bar, so that spaces must do.
_TABLE_LINE = re.compile(r"(?P<name>[^|]+)\|\s*(?P<number>\d+)(?:\s*\||\s{2,})(?P<caption>.*)")


def find_flickr8k(root: Path) -> Path | None:
    """`root`, when it holds Flickr8k's captions."""
    return root if any((text / _TOKENS_8K).is_file() for text in text_folders(root)) else None


def load_flickr8k(root: Path, split: str) -> list[Record]:
    """Read one split of Flickr8k.

    Args:
        root: the folder with ``Flicker8k_Dataset`` and, in it or in ``Flickr8k_text``, the captions
            ``Flickr8k.token.txt`` and the lists ``Flickr_8k.{train,dev,test}Images.txt``.

    Raises:
        DatasetError: for an unknown split, a missing file, an image without captions, a caption
            without words, a repeated image or caption number; with file and line.
    """
    split = canonical_split(split)
    texts = _text_folder(root)
    captions = _captions(texts / _TOKENS_8K)
    photos = existing_folder(root, PHOTO_FOLDERS_8K)
    return listed(texts / LISTS_8K.format(split=split), split, photos, captions)


def unlabelled_flickr8k(root: Path) -> list[Record]:
    """The photos of Flickr8k's folder that have no captions."""
    captions = _captions(_text_folder(root) / _TOKENS_8K)
    folder = existing_folder(root, PHOTO_FOLDERS_8K)
    return photos_beside(root, (folder / name for name in captions))


def find_flickr30k(root: Path) -> Path | None:
    """Flickr30k's file of captions, when `root` holds it."""
    folders = (root, root / "flickr30k_images")
    tables = (folder / name for name in _TABLES_30K for folder in folders)
    return next((table for table in tables if table.is_file()), None)


def load_flickr30k(table: Path, split: str) -> list[Record]:
    """Read one split of Flickr30k, which has no official splits.

    Args:
        table: ``results_20130124.token`` or ``results.csv``. The photos are in
            ``flickr30k-images`` or ``flickr30k_images`` beside it; so are ``train.txt``,
            ``dev.txt`` (or ``val.txt``) and ``test.txt``, which list the names of each split's
            photos, one a line, with or without ``.jpg``. (With Karpathy's split file instead,
            `load_dataset` reads that.)

    Raises:
        DatasetError: as `load_flickr8k` does.
    """
    split = canonical_split(split)
    root = _root_30k(table)
    listings = [root / f"{name}.txt" for name in ((split, "val") if split == "dev" else (split,))]
    listing = next((path for path in listings if path.is_file()), None)
    if listing is None:
        raise DatasetError(
            f"Flickr30k has no official splits: put Karpathy's dataset_flickr30k.json into {root}, "
            f"or {split}.txt with one photo's name per line"
        )
    return listed(listing, split, existing_folder(root, PHOTO_FOLDERS_30K), _captions(table))


def unlabelled_flickr30k(table: Path) -> list[Record]:
    """The photos of Flickr30k's folder that have no captions."""
    root = _root_30k(table)
    folder = existing_folder(root, PHOTO_FOLDERS_30K)
    return photos_beside(root, (folder / name for name in _captions(table)))


def _root_30k(table: Path) -> Path:
    return table.parent.parent if table.parent.name == "flickr30k_images" else table.parent


def _text_folder(root: Path) -> Path:
    folders = text_folders(root)
    return next((folder for folder in folders if (folder / _TOKENS_8K).is_file()), folders[0])


def text_folders(root: Path) -> tuple[Path, ...]:
    """Where Flickr8k's captions and lists may lie."""
    folder = root / "Flickr8k_text"
    return folder, folder / folder.name, root


def _captions(path: Path) -> dict[str, list[str]]:
    """The captions of each photo."""
    is_table = path.suffix == ".csv"
    pattern = _TABLE_LINE if is_table else _TOKEN_LINE
    expected = "image.jpg| 0| caption" if is_table else "image.jpg#0<TAB>caption"
    captions: dict[str, dict[int, str]] = {}
    for index, (where, line) in enumerate(read_lines(path)):
        if is_table and index == 0 and line.startswith("image_name"):
            continue
        match = pattern.fullmatch(line)
        if not match:
            raise DatasetError(f"{where}: expected '{expected}'")
        name, number = match["name"].strip(), int(match["number"])
        of_photo = captions.setdefault(name, {})
        if number in of_photo:
            raise DatasetError(f"{where}: caption {number} of {name} is there twice")
        of_photo[number] = checked_caption(match["caption"], where)
    return {name: list(of_photo.values()) for name, of_photo in captions.items()}


def listed(listing: Path, split: str, photos: Path, captions: dict[str, list[str]]) -> list[Record]:
    """The photos that a file lists, one name a line, with their captions."""
    records = RecordList()
    for where, line in read_lines(listing):
        name = line.strip()
        if not name.endswith(".jpg"):
            name += ".jpg"
        records.add(name, photos / name, captions.get(name, ()), where)
    return records.of(listing, split)
