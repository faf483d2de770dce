"""A dataset of one's own: photos, and a JSON or CSV file with their captions.

``captions.json`` is a list of photos::

    [{"image": "photos/1.jpg", "captions": ["A dog runs.", "A dog."], "split": "train"}, …]

``captions.csv`` has one caption a line, and a photo as many lines as it has captions::

    image,caption,split
    photos/1.jpg,A dog runs.,train
    photos/1.jpg,A dog.,train

``image`` is a path from the file's own folder. ``split`` is train, dev (or val) or test; it may be
left out for the whole file: then a tenth of the photos are dev and a tenth are test, chosen by a
hash of their names, so that a photo stays in its split when others are added.

Captions may be weighted, above 0: by a list ``weights`` beside ``captions``, or a column
``weight``.
What people decided with ``caption-train review`` is heeded (`training.datasets.decisions`). Beside
the file there may be ``preferences.json``, which `load_preferences` reads::

    [{"image": "photos/1.jpg", "chosen": "A dog.", "rejected": "A cat.", "weight": 0.9,
      "split": "train"}, …]
"""

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from training.datasets.decisions import Decisions, load_decisions
from training.datasets.records import (
    SPLITS,
    DatasetError,
    Record,
    RecordList,
    canonical_split,
    checked_caption,
    existing_file,
    photos_beside,
    read_json,
    read_text,
)

PREFERENCES = "preferences.json"

OWN_FILES = ("captions.json", "captions.csv")
"""One of which lists the photos of a dataset of one's own."""
_DELIMITERS = ",;\t"  # spreadsheets write what their country uses


@dataclass(slots=True)
class _Photo:
    where: str
    split: str | None
    captions: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    """As many as captions, or none."""

    def decided(self, name: str, decisions: Decisions) -> "_Photo":
        """The photo as people have left it."""
        texts = [decisions.text(name, caption) for caption in self.captions]
        kept = [(place, text) for place, text in enumerate(texts) if text is not None]
        weights = [self.weights[place] for place, _ in kept] if self.weights else []
        return _Photo(self.where, self.split, [text for _, text in kept], weights)


@dataclass(frozen=True, slots=True)
class Preference:
    """Two captions of one photo, of which people prefer one."""

    name: str
    """As of a `Record`."""
    image: Path
    chosen: str
    rejected: str
    weight: float
    """How sure that is, above 0."""


def find_own(root: Path) -> Path | None:
    """The file of captions in `root`.

    Raises:
        DatasetError: when there are both, since only a person knows which is meant.
    """
    found = [root / name for name in OWN_FILES if (root / name).is_file()]
    if len(found) > 1:
        raise DatasetError(f"{root} holds both {' and '.join(OWN_FILES)}: name the one to read")
    return found[0] if found else None


def load_own(path: Path, split: str) -> list[Record]:
    """Read one split of a JSON or CSV file of one's own, which this module describes.

    Raises:
        DatasetError: for an unknown split, a missing column, field or photo, a photo listed twice
            or in two splits, a caption without words, a weight that is no number above 0; with
            file and line or entry.
    """
    split = canonical_split(split)
    photos = _photos(path)
    without = next((photo.where for photo in photos.values() if photo.split is None), None)
    if without and any(photo.split for photo in photos.values()):
        raise DatasetError(f"{without}: the split is missing, which other photos have")
    decisions = load_decisions(path.parent)
    records = RecordList()
    for name, photo in photos.items():
        if (photo.split or split_by_hash(name)) != split:
            continue
        left = photo.decided(name, decisions)
        if left.captions or not photo.captions:
            records.add(name, path.parent / name, left.captions, photo.where, left.weights)
    return records.of(path, split)


def unlabelled_own(path: Path) -> list[Record]:
    """The photos in the folders of those that the file lists, without these."""
    return photos_beside(path.parent, (path.parent / name for name in _photos(path)))


def _photos(path: Path) -> dict[str, _Photo]:
    return _from_csv(path) if path.suffix.lower() == ".csv" else _from_json(path)


def load_preferences(root: Path, split: str) -> list[Preference]:
    """Read one split of ``preferences.json`` in the folder `root`; there need not be any.

    A pair whose better caption was dropped by a person is left out.

    Raises:
        DatasetError: as `load_own`, and for a pair of twice the same caption.
    """
    split = canonical_split(split)
    path = root / PREFERENCES
    if not path.exists():
        return []
    decisions = load_decisions(root)
    preferences = []
    for where, entry in _entries(path):
        name = _name(entry, where)
        chosen, rejected = (
            checked_caption(entry.get(key), f"{where}, {key!r}") for key in ("chosen", "rejected")
        )
        if chosen == rejected:
            raise DatasetError(f"{where}: both captions are the same")
        weight = _weight(entry.get("weight", 1.0), where)
        decided = decisions.text(name, chosen)
        if (_own_split(entry, where) or split_by_hash(name)) == split and decided is not None:
            existing_file(root / name, where)
            preferences.append(Preference(name, root / name, decided, rejected, weight))
    return preferences


def _from_json(path: Path) -> dict[str, _Photo]:
    photos: dict[str, _Photo] = {}
    for where, entry in _entries(path):
        name = _name(entry, where)
        captions = entry.get("captions")
        if not isinstance(captions, list):
            raise DatasetError(f"{where}: expected a list called 'captions'")
        if name in photos:
            raise DatasetError(f"{where}: {name} is listed twice, first in {photos[name].where}")
        checked = [checked_caption(caption, where) for caption in captions]
        weights = entry.get("weights", [])
        if not isinstance(weights, list) or len(weights) not in (0, len(captions)):
            raise DatasetError(f"{where}: expected as many 'weights' as captions")
        checked_weights = [_weight(weight, where) for weight in weights]
        photos[name] = _Photo(where, _own_split(entry, where), checked, checked_weights)
    return photos


def _entries(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    document = read_json(path)
    if not isinstance(document, list):
        raise DatasetError(f"{path}: expected a list of objects, each with an 'image'")
    for index, entry in enumerate(document):
        where = f"{path}, entry [{index}]"
        if not isinstance(entry, dict):
            raise DatasetError(f"{where}: expected an object")
        yield where, entry


def _from_csv(path: Path) -> dict[str, _Photo]:
    photos: dict[str, _Photo] = {}
    for where, row in _rows(path):
        name, split = _name(row, where), _own_split(row, where)
        photo = photos.setdefault(name, _Photo(where, split))
        if photo.split != split:
            raise DatasetError(f"{where}: {name} is in another split in {photo.where}")
        photo.captions.append(checked_caption(row.get("caption"), where))
        if "weight" in row:
            photo.weights.append(_weight(row["weight"], where))
    return photos


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text = read_text(path)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for column in ("image", "caption"):
        if column not in (reader.fieldnames or ()):
            raise DatasetError(
                f"{path}, line 1: there is no column {column!r}; expected image,caption,split"
            )
    try:
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row:
                raise DatasetError(
                    f"{where}: more fields than columns; a caption with {delimiter!r} in it "
                    "needs quotes around it"
                )
            yield where, row
    except csv.Error as error:
        line = min(reader.line_num + 1, len(text.splitlines()))  # the reader counts it when read
        raise DatasetError(f"{path}, line {line}: not CSV: {error}") from error


def _name(entry: Mapping[str, Any], where: str) -> str:
    name = entry.get("image")
    if not isinstance(name, str) or not name.strip():
        raise DatasetError(f"{where}: the field 'image' is missing")
    # One spelling per file, so that ./1.jpg and 1.jpg are seen to be the same.
    return str(PurePosixPath(name.strip()))


def _weight(value: object, where: str) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 < number < math.inf:
        raise DatasetError(f"{where}: the weight {value!r} is no number above 0")
    return number


def _own_split(entry: Mapping[str, Any], where: str) -> str | None:
    split = entry.get("split")
    if split is None or split == "":
        return None
    try:
        return canonical_split(str(split).strip())
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error


def split_by_hash(name: str) -> str:
    """The split of a photo in a dataset that has none: the same whatever else is there."""
    tenth = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 10
    return {0: SPLITS[1], 1: SPLITS[2]}.get(tenth, SPLITS[0])
