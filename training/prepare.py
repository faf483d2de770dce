"""A dataset made ready for training: pixels decoded once, captions and vocabulary beside them.

The prepared folder holds ``{split}.pixels.npy`` (N, S, S, 3) uint8, memory-mapped when read,
``{split}.json`` with names and captions in the same order, ``vocabulary.json``, and
``source.json``, which says what it was made from.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from captioning import ImageError, open_image
from captioning.images import Preprocessing, squared
from captioning.vocabulary import SPECIAL_TOKENS, Vocabulary
from training.datasets import DatasetError, Record, canonical_split, load_dataset

STORED_SIZE = 224
"""Side of the stored photos in pixels; models train at this size or below."""

_SOURCE = "source.json"


class Pixels(Protocol):
    """Photos (N, S, S, 3), RGB, read when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True)
class Split:
    """One prepared split."""

    names: list[str]
    captions: list[list[str]]
    pixels: Pixels

    def __len__(self) -> int:
        return len(self.names)


def prepare(
    root: Path, out: Path, *, min_count: int, splits: Sequence[str] = ("train", "dev")
) -> None:
    """Decode `splits` of the dataset at `root`, of any known layout, into the folder `out`.

    The folder appears only when it is whole: it is built beside `out` and then renamed. What was
    prepared of the same dataset before is replaced; anything else in its place is left alone.

    Raises:
        DatasetError: for a malformed dataset or a photo that cannot be read, when `out` holds
            something else, or when the disk is too full.
    """
    out = out.resolve()
    _check_replaceable(out, root)
    # All captions are read before any photo: a mistake in the last line shows at once.
    records = {name: load_dataset(root, name) for name in map(canonical_split, splits)}
    building, replaced = (out.with_name(out.name + ending) for ending in (".part", ".old"))
    for leftover in (building, replaced):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        count = sum(map(len, records.values()))
        check_space(building, count * STORED_SIZE**2 * 3, f"{count:,} decoded photos")
        for split, of_split in records.items():
            _write_split(of_split, split, building)
        if "train" in records:
            texts = (caption for record in records["train"] for caption in record.captions)
            words = Vocabulary.build(texts, min_count).words[len(SPECIAL_TOKENS) :]
            _write_json(building / "vocabulary.json", words)
        _write_json(building / _SOURCE, {"dataset": str(root.resolve())})
        if out.exists():
            out.replace(replaced)
        building.replace(out)
    finally:
        for leftover in (building, replaced):
            shutil.rmtree(leftover, ignore_errors=True)


def _check_replaceable(out: Path, root: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / _SOURCE).is_file():
        raise DatasetError(
            f"{out} holds something else than a prepared dataset: choose another folder with --out"
        )
    if source_of(out) != root.resolve():
        raise DatasetError(
            f"{out} was prepared from {source_of(out)}: choose another folder with --out, or "
            "delete this one"
        )


def check_space(folder: Path, needed: int, what: str) -> None:
    """Say it when a memory-mapped file will not fit: growing beyond its disk would end the process.

    Raises:
        DatasetError: when `folder` has less than `needed` bytes left.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DatasetError(
            f"{what} take {needed / 1e9:.1f} GB, and {folder.parent} has {free / 1e9:.1f} GB left: "
            "make room, or prepare into another folder with --out"
        )


def _write_split(records: Sequence[Record], split: str, folder: Path) -> None:
    shape = (len(records), STORED_SIZE, STORED_SIZE, 3)
    pixels = np.lib.format.open_memmap(
        folder / f"{split}.pixels.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    preprocessing = Preprocessing(size=STORED_SIZE)
    for index, record in enumerate(track(records, f"decoding {split}")):
        try:
            pixels[index] = np.asarray(squared(open_image(record.image), preprocessing))
        except ImageError as error:
            raise DatasetError(f"{record.image}: {error}") from error
        except OSError as error:
            raise DatasetError(f"{record.image} cannot be read: {error.strerror}") from error
    pixels.flush()
    _write_json(folder / f"{split}.json", {record.name: record.captions for record in records})


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def load_split(folder: Path, split: str) -> Split:
    """Open a prepared split without reading its pixels into memory.

    Raises:
        DatasetError: when it has not been prepared.
    """
    try:
        document = json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))
        pixels = np.load(folder / f"{split}.pixels.npy", mmap_mode="r")
    except FileNotFoundError as error:
        raise DatasetError(
            f"{folder} holds no prepared {split} split: run 'caption-train prepare' first"
        ) from error
    return Split(list(document), list(document.values()), pixels)


def joined(splits: Sequence[Split]) -> Split:
    """Several splits as one, in their order."""
    if len(splits) == 1:
        return splits[0]
    names = [*chain.from_iterable(split.names for split in splits)]
    captions = [*chain.from_iterable(split.captions for split in splits)]
    return Split(names, captions, _JoinedPixels([split.pixels for split in splits]))


class _JoinedPixels:
    """Arrays of photos (N, S, S, 3) behind one another, none of them in memory."""

    def __init__(self, parts: Sequence[Pixels]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        self.shape = (int(self._ends[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        wanted = np.arange(len(self))[rows]
        photos = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        for part, end in zip(self._parts, self._ends, strict=True):
            of_part = (wanted >= end - len(part)) & (wanted < end)
            photos[of_part] = part[wanted[of_part] - (end - len(part))]
        return photos


def load_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a prepared dataset.

    Raises:
        DatasetError: when it has not been prepared.
    """
    path = folder / "vocabulary.json"
    if not path.is_file():
        raise DatasetError(f"{path} is missing: run 'caption-train prepare' first")
    return Vocabulary(json.loads(path.read_text(encoding="utf-8")))


def source_of(folder: Path) -> Path:
    """The dataset that a prepared folder was made from.

    Raises:
        DatasetError: when the folder does not say.
    """
    path = folder / _SOURCE
    if not path.is_file():
        raise DatasetError(f"{folder} does not say what it was made from: name it with --dataset")
    return Path(json.loads(path.read_text(encoding="utf-8"))["dataset"])
