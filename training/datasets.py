"""Datasets as records: one photo with its captions, and the split it belongs to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from captioning import CaptioningError
from captioning.vocabulary import tokenise


class DatasetError(CaptioningError):
    """A dataset on disk is incomplete or malformed; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Record:
    """One captioned photo."""

    image: Path
    captions: tuple[str, ...]
    """As people wrote them, untokenised."""

    @property
    def name(self) -> str:
        return self.image.name


_FLICKR8K_SPLITS = {
    "train": "Flickr_8k.trainImages.txt",
    "dev": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}


def load_flickr8k(root: Path, split: str) -> list[Record]:
    """Read one split of Flickr8k in its official layout.

    Source: Hodosh, Young and Hockenmaier, "Framing image description as a ranking task" (2013).

    Args:
        root: the folder that holds ``Flicker8k_Dataset`` and ``Flickr8k_text``.
        split: ``train``, ``dev`` or ``test``.

    Raises:
        DatasetError: for an unknown split, a missing file, an image without captions, a caption
            without words, a repeated image; with file and line where there is one.
    """
    if split not in _FLICKR8K_SPLITS:
        raise DatasetError(f"Flickr8k has the splits train, dev and test, not {split!r}")
    texts, images = root / "Flickr8k_text", root / "Flicker8k_Dataset"
    captions = _read_captions(texts / "Flickr8k.token.txt")
    listing = texts / _FLICKR8K_SPLITS[split]
    records: dict[str, Record] = {}
    for number, line in enumerate(_lines(listing), start=1):
        name = line.strip()
        if not name:
            continue
        where = f"{listing}, line {number}"
        if name in records:
            raise DatasetError(f"{where}: {name} is listed twice")
        if name not in captions:
            raise DatasetError(f"{where}: {name} has no captions in Flickr8k.token.txt")
        if not (images / name).is_file():
            raise DatasetError(f"{where}: the photo {images / name} is missing")
        records[name] = Record(images / name, tuple(captions[name]))
    if not records:
        raise DatasetError(f"{listing} lists no photo")
    return list(records.values())


def _read_captions(path: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        key, tab, caption = line.partition("\t")
        name, hash_sign, index = key.rpartition("#")
        if not tab or not hash_sign or not index.strip().isdigit():
            raise DatasetError(f"{path}, line {number}: expected 'image.jpg#0<TAB>caption'")
        if not tokenise(caption):
            raise DatasetError(f"{path}, line {number}: the caption has no words")
        captions[name].append(caption.strip())
    return captions


def _lines(path: Path) -> Sequence[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DatasetError(f"{path}, line {line}: not UTF-8 text") from error
