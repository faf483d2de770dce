"""Photos of which only the thing in them is named: ``labels.tsv`` beside ``images``.

Each line is a photo's file, a tab, and the name of what it shows, which may be empty.
"""

from pathlib import Path

from training.datasets.records import (
    DatasetError,
    Record,
    existing_file,
    existing_folder,
    read_lines,
)

_FILE = "labels.tsv"


def find_labelled(root: Path) -> Path | None:
    """The labels in `root`."""
    return root / _FILE if (root / _FILE).is_file() else None


def labelled_photos(path: Path) -> list[Record]:
    """The photos of a ``labels.tsv``, none of which has a caption.

    Raises:
        DatasetError: for a line without a tab, or a missing or repeated photo; with file and line.
    """
    folder = existing_folder(path.parent, ("images",))
    records: dict[str, Record] = {}
    for where, line in read_lines(path):
        name, tab, label = line.partition("\t")
        if not tab or not name:
            raise DatasetError(f"{where}: expected 'image.jpg<TAB>name of the thing'")
        if name in records:
            raise DatasetError(f"{where}: {name} is listed twice")
        records[name] = Record(name, existing_file(folder / name, where), (), label.strip())
    return list(records.values())
