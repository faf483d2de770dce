"""Datasets made ready for training: pixels decoded once, captions and vocabulary beside them.

`training.prepared` tells what lies in the folder.
"""

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from rich.progress import track

from captioning import ImageError, open_image
from captioning.images import Preprocessing, squared
from captioning.vocabulary import tokenise
from training.datasets import (
    SPLITS,
    Dataset,
    DatasetError,
    MissingPhotoError,
    Record,
    canonical_split,
    leaving_out_missing,
    open_dataset,
    read_texts,
)
from training.prepared import (
    UNLABELLED,
    Preferred,
    Source,
    is_prepared,
    preferences_of,
    sources_of,
    weights_of,
    write_json,
    write_sources,
)

STORED_SIZE = 224
"""Side of the stored photos in pixels; models train at this size or below."""


def prepare(
    roots: Sequence[Path],
    out: Path,
    *,
    min_count: int,
    splits: Sequence[str] = ("train", "dev"),
    unlabelled: bool = True,
    texts: Path | None = None,
    min_text_count: int = 30,
    lent: Mapping[Path, int] | None = None,
    skip_missing: bool = False,
) -> list[str]:
    """Decode `splits` of datasets, of any known layouts, into the folder `out`.

    All share one vocabulary. The folder appears only when it is whole: it is built beside `out` and
    then renamed. What was prepared of the same datasets before is replaced; anything else in its
    place is left alone.

    Args:
        min_count: how often the captions of training photos must say a word for it to be known.
        unlabelled: decode the photos without captions too, as a split of that name.
        texts: captions without photos, see `training.datasets.read_texts`, whose words count too.
        min_text_count: how often these must say a word that the captions say too rarely.
        lent: roots of which only so many training photos are taken, chosen by hashes of their
            names, and none of another split.
        skip_missing: leave out photos that the datasets tell of and that are not there.

    Returns:
        Where those are told of that were left out.

    Raises:
        DatasetError: for a malformed dataset or text or a photo that cannot be read, when none has
            captions, when `out` holds something else, or when the disk is too full.
    """
    out = out.resolve()
    _check_replaceable(out, roots)
    datasets = [open_dataset(root) for root in roots]
    _check_distinct(datasets)
    borrowed = {open_dataset(root).name: count for root, count in (lent or {}).items()}
    # All captions are read before any photo: a mistake in the last line shows at once.
    without_photos = [text.caption for text in read_texts(texts)] if texts else []
    left_out: list[str] = []
    records = {}
    with leaving_out_missing() if skip_missing else nullcontext(left_out) as left_out:
        for split in map(canonical_split, splits):
            try:
                records[split] = {
                    dataset.name: _sample(dataset.records(split), borrowed.get(dataset.name))
                    for dataset in datasets
                    if dataset.has_captions and (split == SPLITS[0] or dataset.name not in borrowed)
                }
            except MissingPhotoError as error:
                raise DatasetError(
                    f"{error}; --skip-missing goes on without such photos"
                ) from error
    if unlabelled:
        without = {dataset.name: dataset.unlabelled() for dataset in datasets}
        records[UNLABELLED] = {name: photos for name, photos in without.items() if photos}
    building, replaced = (out.with_name(out.name + ending) for ending in (".part", ".old"))
    for leftover in (building, replaced):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        count = sum(len(photos) for split in records.values() for photos in split.values())
        check_space(building, count * STORED_SIZE**2 * 3, f"{count:,} decoded photos")
        for split, of_split in records.items():
            if of_split:
                _write_split(of_split, split, building, prefixed=len(datasets) > 1)
            if split in SPLITS:
                _write_preferences(datasets, of_split, split, building)
        if train := records.get("train"):
            said = (text for photos in train.values() for one in photos for text in one.captions)
            words = known_words(said, min_count, without_photos, min_text_count)
            if not words:
                raise DatasetError(
                    f"no word is said {min_count} times by the captions to train on, so that "
                    "nothing could be learned: lower --min-count, or add photos"
                )
            write_json(building / "vocabulary.json", words)
        write_sources(building, [_source(dataset, records) for dataset in datasets])
        if out.exists():
            out.replace(replaced)
        building.replace(out)
    finally:
        for leftover in (building, replaced):
            shutil.rmtree(leftover, ignore_errors=True)
    return left_out


def known_words(
    captions: Iterable[str], min_count: int, texts: Iterable[str], min_text_count: int
) -> list[str]:
    """The words that either says often enough, those that both together say most often first.

    Args:
        captions: of training photos.
        texts: captions without photos. They say which words there are, but not what they look like,
            so that a word should be more frequent there to be worth its rows.
    """
    said, written = (
        Counter(word for text in kind for word in tokenise(text)) for kind in (captions, texts)
    )
    kept = {word for word, count in said.items() if count >= min_count}
    kept |= {word for word, count in written.items() if count >= min_text_count}
    return sorted(kept, key=lambda word: (-said[word] - written[word], word))


def _sample(records: list[Record], count: int | None) -> list[Record]:
    """So many of the records, or all; the same whatever others there are."""
    if count is None or count >= len(records):
        return records
    chosen = sorted(records, key=lambda record: hashlib.sha256(record.name.encode()).digest())
    names = {record.name for record in chosen[:count]}
    return [record for record in records if record.name in names]


def named(datasets: Mapping[str, Sequence[Record]], *, prefixed: bool) -> dict[str, Record]:
    """The photos of datasets, behind one another, by the names they have in a prepared folder.

    Args:
        prefixed: put the dataset's name before the photo's, since two may have photos of one name;
            so it is in folders prepared from several datasets.
    """
    return {place: record for place, (_, record) in _placed(datasets, prefixed=prefixed).items()}


def _placed(
    datasets: Mapping[str, Sequence[Record]], *, prefixed: bool
) -> dict[str, tuple[str, Record]]:
    """As `named`, each photo behind the name of its dataset."""
    return {
        f"{name}/{record.name}" if prefixed else record.name: (name, record)
        for name, photos in datasets.items()
        for record in photos
    }


def _check_distinct(datasets: Sequence[Dataset]) -> None:
    names = [dataset.name for dataset in datasets]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise DatasetError(
            f"several datasets are in folders called {min(repeated)}, by which they are told "
            "apart: rename one"
        )
    if not any(dataset.has_captions for dataset in datasets):
        raise DatasetError("no dataset has captions: name one that has beside these")


def _source(dataset: Dataset, records: Mapping[str, Mapping[str, Sequence[Record]]]) -> Source:
    of_dataset = {
        split: of_split[dataset.name]
        for split, of_split in records.items()
        if dataset.name in of_split
    }
    return Source(
        name=dataset.name,
        title=dataset.title,
        path=str(dataset.path.resolve()),
        licence=dataset.licence,
        photos={split: len(photos) for split, photos in of_dataset.items()},
        captions={
            split: sum(len(photo.captions) for photo in photos)
            for split, photos in of_dataset.items()
        },
    )


def _check_replaceable(out: Path, roots: Sequence[Path]) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not is_prepared(out):
        raise DatasetError(
            f"{out} holds something else than a prepared dataset: choose another folder with --out"
        )
    before = [source.path for source in sources_of(out)]
    if before != [str(root.resolve()) for root in roots]:
        raise DatasetError(
            f"{out} was prepared from {' and '.join(before)}: choose another folder with --out, or "
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


def _write_preferences(
    datasets: Sequence[Dataset], records: Mapping[str, Sequence[Record]], split: str, folder: Path
) -> None:
    """Write which captions people prefer to which, of the photos among `records`."""
    places = {
        (dataset, record.name): name
        for name, (dataset, record) in _placed(records, prefixed=len(datasets) > 1).items()
    }
    preferences = defaultdict(list)
    for dataset in datasets:
        for pair in dataset.preferences(split):
            if name := places.get((dataset.name, pair.name)):
                preferences[name].append(Preferred(pair.chosen, pair.rejected, pair.weight))
    if preferences:
        write_json(preferences_of(folder, split), preferences)


def _write_split(
    datasets: Mapping[str, Sequence[Record]], split: str, folder: Path, *, prefixed: bool
) -> None:
    """Write the photos of all `datasets` behind one another."""
    records = named(datasets, prefixed=prefixed)
    shape = (len(records), STORED_SIZE, STORED_SIZE, 3)
    pixels = np.lib.format.open_memmap(
        folder / f"{split}.pixels.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    preprocessing = Preprocessing(size=STORED_SIZE)
    for index, record in enumerate(track(records.values(), f"decoding {split}")):
        try:
            pixels[index] = np.asarray(squared(open_image(record.image), preprocessing))
        except ImageError as error:
            raise DatasetError(f"{record.image}: {error}") from error
        except OSError as error:
            raise DatasetError(f"{record.image} cannot be read: {error.strerror}") from error
    pixels.flush()
    captions = {name: record.captions for name, record in records.items()}
    write_json(folder / f"{split}.json", captions)
    if weights := {name: record.weights for name, record in records.items() if record.weights}:
        write_json(weights_of(folder, split), weights)
    if labels := {name: record.label for name, record in records.items() if record.label}:
        write_json(folder / f"{split}.labels.json", labels)
