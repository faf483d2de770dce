"""What `training.prepare` has written, opened.

A prepared folder holds, for each split, ``{split}.pixels.npy`` (N, S, S, 3) uint8, memory-mapped
when read, and ``{split}.json`` with names and captions in the same order; ``vocabulary.json``; and
``source.json``, which says which datasets it was made from. In every split the photos of the
datasets lie behind one another in this order. The split ``unlabelled`` has the photos without
captions; where a dataset names the things in them, ``unlabelled.labels.json`` does. Where
`training.pairing` chose pseudo captions for photos of a split, they are in ``{split}.pseudo.json``.
What people think of captions is in ``{split}.weights.json`` and ``{split}.preferences.json``, by
the names of those photos of which something is known.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from captioning.vocabulary import Vocabulary
from training.datasets import SPLITS, DatasetError

UNLABELLED = "unlabelled"
"""The split of the photos without captions."""

_SOURCE = "source.json"
_HASH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset that a prepared folder was made from."""

    name: str
    """By which its photos and scores are told from others'."""
    title: str
    """What it is known as."""
    path: str
    licence: str
    """Under which terms its captions and photos are; empty where nobody said."""
    photos: Mapping[str, int]
    """How many there are in each prepared split."""
    captions: Mapping[str, int]


def write_sources(folder: Path, sources: Iterable[Source]) -> None:
    """Note the datasets that a folder is prepared from."""
    write_json(folder / _SOURCE, {"datasets": [asdict(source) for source in sources]})


def write_json(path: Path, document: object) -> None:
    """Write a file of a prepared folder."""
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def feature_folder(folder: Path) -> Path:
    """Where a prepared folder keeps what is computed of its photos once."""
    return folder / "features"


def is_prepared(folder: Path) -> bool:
    """Whether `prepare` has written the folder."""
    return (folder / _SOURCE).is_file()


def sources_of(folder: Path) -> list[Source]:
    """The datasets that a prepared folder was made from.

    Raises:
        DatasetError: when the folder does not say.
    """
    if not is_prepared(folder):
        raise DatasetError(f"{folder} does not say what it was made from: name it with --dataset")
    document: dict[str, Any] = _read(folder / _SOURCE)
    if "datasets" in document:
        return [Source(**source) for source in document["datasets"]]
    # Before a folder could hold several datasets, it told the path of its one.
    path = Path(document["dataset"])
    captions = {
        split: list(_read(folder / f"{split}.json").values())
        for split in SPLITS
        if (folder / f"{split}.json").is_file()
    }
    photos = {split: len(groups) for split, groups in captions.items()}
    counts = {split: sum(map(len, groups)) for split, groups in captions.items()}
    name = (path.parent if path.is_file() else path).name
    return [Source(name, name, str(path), "", photos, counts)]


def described(sources: Iterable[Source], split: str) -> str:
    """A split's datasets as model cards tell of them, with photos and captions."""
    parts = [
        f"{source.title} ({source.photos[split]:,} photos, {source.captions[split]:,} captions)"
        for source in sources
        if source.photos.get(split)
    ]
    return f"the {split} split{'s' * (len(parts) > 1)} of {' and '.join(parts)}"


def licences(sources: Iterable[Source]) -> str:
    """Under which terms the datasets are."""
    return " ".join(
        f"{source.title}: {source.licence or 'its licence is not told.'}" for source in sources
    )


class Pixels(Protocol):
    """Photos (N, S, S, 3), RGB, read when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> NDArray[np.uint8]: ...


class Digest(Protocol):
    """A hash that is being computed."""

    def update(self, data: bytes, /) -> None: ...


class Preferred(NamedTuple):
    """Two captions of a photo, of which people prefer one."""

    chosen: str
    rejected: str
    weight: float
    """How sure that is, above 0."""


@dataclass(frozen=True, slots=True)
class Split:
    """One prepared split, or several behind one another."""

    names: list[str]
    captions: list[list[str]]
    """What people said of each photo; nothing of one that nobody captioned."""
    pixels: Pixels
    datasets: list[str] = field(default_factory=list)
    """Of each photo, the name of the dataset it is from; empty when nobody asks."""
    pseudo_captions: list[list[str]] = field(default_factory=list)
    """What others said of photos like each, see `training.pairing`; empty when nobody asks."""
    weights: list[list[float]] = field(default_factory=list)
    """How sure each of a photo's captions is, above 0; of a photo whose captions count alike,
    nothing. Empty when nobody asks."""
    preferences: list[list[Preferred]] = field(default_factory=list)
    """Of each photo; empty when nobody asks."""
    parts: tuple["Split", ...] = ()
    """What it was joined of, so that what was computed of a part is found again."""

    def __len__(self) -> int:
        return len(self.names)

    def hash_pixels(self, digest: Digest) -> None:
        """Add all photos to a hash, a few at a time."""
        for start in range(0, len(self), _HASH_ROWS):
            digest.update(self.pixels[start : start + _HASH_ROWS].tobytes())


def load_split(folder: Path, split: str) -> Split:
    """Open a prepared split without reading its pixels into memory.

    Raises:
        DatasetError: when it has not been prepared.
    """
    try:
        document = _read(folder / f"{split}.json")
        pixels = np.load(folder / f"{split}.pixels.npy", mmap_mode="r")
    except FileNotFoundError as error:
        raise DatasetError(
            f"{folder} holds no prepared {split} split: run 'caption-train prepare' first"
        ) from error
    datasets = [
        source.name for source in sources_of(folder) for _ in range(source.photos.get(split, 0))
    ]
    pseudo, weights, preferences = (
        _read(path) if path.is_file() else {}
        for path in (
            _pseudo_captions(folder, split),
            weights_of(folder, split),
            preferences_of(folder, split),
        )
    )
    return Split(
        list(document),
        list(document.values()),
        pixels,
        datasets,
        [pseudo.get(name, []) for name in document],
        [weights.get(name, []) for name in document],
        [[Preferred(*pair) for pair in preferences.get(name, [])] for name in document],
    )


def save_pseudo_captions(folder: Path, split: str, captions: Mapping[str, Sequence[str]]) -> None:
    """Keep pseudo captions of photos of a split, by their names, in place of those before."""
    path = _pseudo_captions(folder, split)
    temporary = path.with_name(path.name + ".part")
    write_json(temporary, captions)
    temporary.replace(path)


def weights_of(folder: Path, split: str) -> Path:
    """Where a prepared folder keeps how sure the captions of a split are."""
    return folder / f"{split}.weights.json"


def preferences_of(folder: Path, split: str) -> Path:
    """Where a prepared folder keeps which captions of a split people prefer to which."""
    return folder / f"{split}.preferences.json"


def _pseudo_captions(folder: Path, split: str) -> Path:
    return folder / f"{split}.pseudo.json"


def load_splits(folder: Path, split: str) -> dict[str, Split]:
    """A prepared split of each dataset that has one, by the dataset's name.

    Raises:
        DatasetError: when none has been prepared.
    """
    whole, parts, start = load_split(folder, split), {}, 0
    for source in sources_of(folder):
        if count := source.photos.get(split, 0):
            rows = slice(start, start + count)
            parts[source.name] = Split(
                whole.names[rows],
                whole.captions[rows],
                whole.pixels[rows],
                whole.datasets[rows],
                whole.pseudo_captions[rows],
                whole.weights[rows],
                whole.preferences[rows],
            )
            start += count
    return parts


def joined(splits: Sequence[Split]) -> Split:
    """Several splits as one, in their order."""
    if len(splits) == 1:
        return splits[0]
    return Split(
        [*chain.from_iterable(split.names for split in splits)],
        [*chain.from_iterable(split.captions for split in splits)],
        _JoinedPixels([split.pixels for split in splits]),
        [*chain.from_iterable(split.datasets for split in splits)],
        [*chain.from_iterable(split.pseudo_captions for split in splits)],
        [*chain.from_iterable(split.weights for split in splits)],
        [*chain.from_iterable(split.preferences for split in splits)],
        tuple(splits),
    )


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
    return Vocabulary(_read(path))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
