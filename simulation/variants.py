"""Datasets that lack something, to see what each part of the loop gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from captioning.vocabulary import tokenise
from simulation.photos import write_dataset
from training.datasets import Record
from training.feedback.export_reader import Export
from training.feedback.improve import Recipe


@dataclass(frozen=True, slots=True)
class Variant:
    """One way through the loop."""

    name: str
    dataset: Path
    has_replay: bool = True
    recipe: Recipe = field(default_factory=Recipe)


def variants(dataset: Path, export: Export, folder: Path) -> list[Variant]:
    """The whole loop and those that lack a part.

    Args:
        dataset: the curated one.
        export: that it was curated from.
        folder: for the datasets of the others.
    """
    preferring = replace(Recipe(), preferences=_PREFERENCES)
    return [
        Variant("everything", dataset),
        Variant("no filters", unfiltered(export, dataset, folder / "no-filters")),
        Variant("no ratings", _only("correction", dataset, folder / "no-ratings")),
        Variant("no corrections", _only("liked", dataset, folder / "no-corrections")),
        Variant("no replay", dataset, has_replay=False),
        Variant("with preferences", dataset, recipe=preferring),
    ]


_PREFERENCES = 0.5


def unfiltered(export: Export, dataset: Path, folder: Path) -> Path:
    """All that people wrote or mostly liked, whoever they are, of photos of a curated dataset.

    Photos keep their splits, so that the photos are the same; those that curating left out, it
    left out for what was said of them, and they are learnt from here.
    """
    splits = {Path(entry["image"]).stem: entry["split"] for entry in _entries(dataset)}
    texts: dict[str, list[str]] = {}
    for line in export.captions:
        up = sum(rating.value > 0 for rating in line.ratings)
        if line.sha256 and 2 * up > len(line.ratings):
            texts.setdefault(line.sha256, []).append(line.text)
    for written in export.corrections:
        if written.sha256:
            texts.setdefault(written.sha256, []).append(written.text)
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    document = []
    for sha256, said in sorted(texts.items()):
        usable = [text for text in dict.fromkeys(said) if tokenise(text)]
        if sha256 not in export.photos or not usable:
            continue
        content = export.photos[sha256]
        suffix = "png" if content.startswith(b"\x89PNG") else "jpg"
        path = photos / f"{sha256}.{suffix}"
        path.write_bytes(content)
        document.append(
            {
                "image": f"photos/{path.name}",
                "captions": usable,
                "split": splits.get(sha256, "train"),
            }
        )
    (folder / "captions.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    return folder


def _only(source: str, dataset: Path, folder: Path) -> Path:
    """The captions of one source alone; without ratings, all count alike."""
    records: dict[str, list[Record]] = {}
    for entry in _entries(dataset):
        chosen = [
            (text, weight)
            for text, weight, told in zip(
                entry["captions"], entry["weights"], entry["sources"], strict=True
            )
            if told["from"] == source
        ]
        if not chosen:
            continue
        weights = tuple(weight for _, weight in chosen) if source == "liked" else ()
        record = Record(
            entry["image"],
            dataset / entry["image"],
            tuple(text for text, _ in chosen),
            weights=weights,
        )
        records.setdefault(entry["split"], []).append(record)
    return write_dataset(records, folder)


def _entries(dataset: Path) -> list[Mapping[str, Any]]:
    document: list[Mapping[str, Any]] = json.loads((dataset / "captions.json").read_bytes())
    return document
