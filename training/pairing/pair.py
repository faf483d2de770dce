"""Pseudo captions for the photos of a prepared folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor

from captioning.vocabulary import tokenise
from training.datasets import DatasetError, read_texts
from training.metrics import Scores, score
from training.pairing.content_words import ContentWords
from training.pairing.facts import Pairing, save_pairing
from training.pairing.objects import read_objects
from training.pairing.text_index import TextIndex
from training.pairing.word_network import (
    photo_vectors,
    train_word_network,
    word_chances,
    word_targets,
)
from training.prepared import (
    UNLABELLED,
    Split,
    feature_folder,
    load_split,
    save_pseudo_captions,
    sources_of,
)
from training.strong_network import StrongNetwork

_ENOUGH = 5
"""Captions of people, with which a photo needs no others."""
_NETWORKS = 2
_BLOCK = 1000
"""Photos between two moves of the progress bar."""


def pair(
    prepared: Path,
    texts: Path,
    network: Path,
    *,
    objects: Path | None = None,
    sources: Sequence[str] = (),
    datasets: Sequence[str] = (),
    keep: int = 8,
    min_count: int = 30,
) -> dict[str, Scores]:
    """Choose texts for the photos without captions, and for training photos with few.

    They are kept in the prepared folder in place of those before: see
    `training.prepared.save_pseudo_captions`. Nothing is learned from dev, which tells how good the
    choice is. The same files give the same texts.

    Args:
        texts: captions without photos: see `training.datasets.read_texts`.
        network: see `training.strong_network`.
        objects: what a detector found: see `training.pairing.objects`.
        sources: of the texts, which to take; all when there are none.
        datasets: whose photos are given texts; all when there are none.
        keep: texts that each photo is given, the best first.
        min_count: captions and texts that must say a word for it to be learned.

    Returns:
        For each of the datasets that have captioned dev photos, how well the first texts chosen
        for them do.

    Raises:
        DatasetError: when the folder is not prepared or has no photos that need captions, when a
            dataset is not there, or for what is wrong with the files.
        NetworkError: when there is no such network.
    """
    names = [source.name for source in sources_of(prepared)]
    if unknown := [name for name in datasets if name not in names]:
        raise DatasetError(f"{prepared} holds no {unknown[0]}: it holds {', '.join(names)}")
    wanted = set(datasets or names)
    splits = {split: load_split(prepared, split) for split in ("train", "dev", UNLABELLED)}
    lacking = {
        split: _rows(splits[split], wanted, fewer_than=_ENOUGH) for split in ("train", UNLABELLED)
    }
    if not any(lacking.values()):
        raise DatasetError(f"{prepared} holds no photo that lacks captions")
    different = _different([text.caption for text in read_texts(texts, sources)])
    said = [caption for group in splits["train"].captions for caption in group]
    words = ContentWords([*different, *said], min_count)
    telling = [text for text in different if words.of(text)]
    if not telling:
        raise DatasetError(f"{texts} says no word that it and the captions say {min_count} times")
    chances = _foretold(prepared, splits, StrongNetwork(network), objects, words)
    index = TextIndex(telling, words)
    scores = _dev_scores(splits["dev"], index, chances["dev"], wanted)
    for split, rows in lacking.items():
        of_split: dict[str, list[str]] = {}
        for start in track(range(0, len(rows), _BLOCK), f"pairing {split}"):
            block = rows[start : start + _BLOCK]
            chosen = index.choose(chances[split][block], keep)
            of_split |= {
                splits[split].names[row]: own for row, own in zip(block, chosen, strict=True)
            }
        save_pseudo_captions(prepared, split, of_split)
    facts = Pairing(
        texts.name,
        tuple(sources),
        len(telling),
        sum(map(len, lacking.values())),
        keep,
        network.stem,
        {name: round(found.cider, 2) for name, found in scores.items()},
    )
    save_pairing(prepared, facts)
    return scores


def _rows(split: Split, datasets: set[str], *, fewer_than: int) -> list[int]:
    """The photos of some datasets that have fewer captions than that."""
    return [
        row
        for row, (dataset, captions) in enumerate(zip(split.datasets, split.captions, strict=True))
        if dataset in datasets and len(captions) < fewer_than
    ]


def _different(texts: Sequence[str]) -> list[str]:
    """The first of those that say the same words."""
    first: dict[tuple[str, ...], str] = {}
    for text in texts:
        first.setdefault(tuple(tokenise(text)), text)
    return list(first.values())


def _foretold(
    prepared: Path,
    splits: Mapping[str, Split],
    network: StrongNetwork,
    objects: Path | None,
    words: ContentWords,
) -> dict[str, Tensor]:
    """(N, W) chances of words in captions of each split's photos, learned from train."""
    everything = [name for split in splits.values() for name in split.names]
    found: NDArray[np.float32] = (
        read_objects(objects, everything) if objects else np.zeros((len(everything), 0), np.float32)
    )
    views = [network.views(split, feature_folder(prepared)) for split in splits.values()]
    parts = photo_vectors(views, found).split([len(split) for split in splits.values()])
    vectors = dict(zip(splits, parts, strict=True))
    captions = [[words.of(text) for text in group] for group in splits["train"].captions]
    shares, weights = word_targets(captions, len(words))
    networks = [
        train_word_network(vectors["train"], shares, weights, objects=found.shape[1], seed=seed)
        for seed in track(range(_NETWORKS), "learning words")
    ]
    return {split: word_chances(networks, part) for split, part in vectors.items()}


def _dev_scores(
    dev: Split, index: TextIndex, chances: Tensor, datasets: set[str]
) -> dict[str, Scores]:
    scores = {}
    for name in dict.fromkeys(dev.datasets):
        if name in datasets:
            rows = [row for row, dataset in enumerate(dev.datasets) if dataset == name]
            chosen = index.choose(chances[rows], 1)
            first = {dev.names[row]: own[0] for row, own in zip(rows, chosen, strict=True)}
            scores[name] = score(first, {dev.names[row]: dev.captions[row] for row in rows})
    return scores
