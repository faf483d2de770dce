"""A curated dataset on disk: a dataset of one's own (`training.datasets.own`) with its papers.

| in the folder | what it is |
|---|---|
| ``captions.json`` | photos with their captions, weights, and where each caption comes from |
| ``preferences.json`` | pairs of captions of which people prefer one |
| ``photos/<sha256>.jpg`` or ``.png`` | the photos |
| ``manifest.json`` | what it was made of and by which rules, counts, checksums of the files above |
| ``report.html`` | the same for people, with examples |
| ``review.json`` | what was decided in the review, once there was one |
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from captioning import CaptioningError
from training.datasets import SPLITS
from training.datasets.decisions import load_decisions
from training.datasets.own import PREFERENCES
from training.feedback.curated import Curated, KeptPhoto

CAPTIONS = "captions.json"
MANIFEST = "manifest.json"
REPORT = "report.html"
KIND = "captionbot feedback dataset"

_FORMAT = 1
_PNG = b"\x89PNG"


class DatasetFolderError(CaptioningError):
    """The folder of a dataset cannot be written; the text says why and what to do."""


def check_replaceable(out: Path) -> None:
    """See that nothing is lost when a dataset is written to `out`.

    Raises:
        DatasetFolderError: when something else lies there.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        is_ours = manifest.get("kind") == KIND
    except (OSError, ValueError, AttributeError):
        is_ours = False
    if not is_ours:
        raise DatasetFolderError(
            f"{out} holds something else than a curated dataset: choose another folder with --out"
        )


def write_dataset(curated: Curated, out: Path, report: Callable[[Curated], str]) -> None:
    """Write a dataset; what was curated into the folder before is replaced.

    The folder appears only when it is whole, and only its owner may read it. Decisions of an
    earlier review are kept, as far as their captions are.

    Raises:
        DatasetFolderError: when nothing is left to learn from, or something else lies in `out`.
    """
    if not any(photo.captions for photo in curated.photos):
        reasons = Counter(dropped.reason for dropped in curated.dropped).most_common(4)
        most = ", ".join(f"{reason}: {count}" for reason, count in reasons)
        raise DatasetFolderError(
            f"no caption is left to learn from ({most or 'the export is empty'}): nothing was "
            "written"
        )
    check_replaceable(out)
    decisions = load_decisions(out)
    with _replaced(out) as folder:
        names = _write_photos(curated, folder)
        captioned = [photo for photo in curated.photos if photo.captions]
        _write_json(folder / CAPTIONS, [_entry(photo, names) for photo in captioned])
        _write_json(folder / PREFERENCES, list(_preferences(curated, names)))
        (folder / REPORT).write_text(report(curated), encoding="utf-8")
        listed = [CAPTIONS, PREFERENCES, *sorted(names.values())]
        files = {name: _sha256(folder / name) for name in listed}
        _write_json(folder / MANIFEST, manifest(curated) | {"files": files})
        left = decisions.among(
            (names[photo.sha256], caption.text) for photo in captioned for caption in photo.captions
        )
        if left.made:
            left.save(folder)


def manifest(curated: Curated) -> dict[str, Any]:
    """What the dataset was made of, by which rules, and in numbers; without its files."""
    kept = Counter(caption.kind for photo in curated.photos for caption in photo.captions)
    reasons = Counter(dropped.reason.value for dropped in curated.dropped)
    trusted = sum(person.trust >= curated.rules.min_trust for person in curated.people.values())
    return {
        "kind": KIND,
        "format": _FORMAT,
        "exports": [
            {
                "name": export.name,
                "sha256": export.sha256,
                "exported_at": export.exported_at.isoformat(timespec="seconds"),
                "captions": len(export.captions),
                "corrections": len(export.corrections),
            }
            for export in curated.exports
        ],
        "rules": asdict(curated.rules),
        "kept": {"captions": kept["caption"], "corrections": kept["correction"]},
        "dropped": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "people": {"trusted": trusted, "distrusted": len(curated.people) - trusted},
        "splits": {split: _counts(curated, split) for split in SPLITS},
    }


def _counts(curated: Curated, split: str) -> dict[str, int]:
    photos = [photo for photo in curated.photos if photo.split == split]
    return {
        "photos": sum(bool(photo.captions) for photo in photos),
        "captions": sum(len(photo.captions) for photo in photos),
        "preferences": sum(len(photo.pairs) for photo in photos),
    }


def _write_photos(curated: Curated, folder: Path) -> dict[str, str]:
    """Write them; returns the name of each in the dataset."""
    (folder / "photos").mkdir()
    names = {}
    for photo in curated.photos:
        content = curated.photo(photo.sha256)
        suffix = "png" if content.startswith(_PNG) else "jpg"
        names[photo.sha256] = f"photos/{photo.sha256}.{suffix}"
        (folder / names[photo.sha256]).write_bytes(content)
    return names


def _entry(photo: KeptPhoto, names: dict[str, str]) -> dict[str, Any]:
    return {
        "image": names[photo.sha256],
        "split": photo.split,
        "captions": [caption.text for caption in photo.captions],
        "weights": [caption.weight for caption in photo.captions],
        "sources": [
            {"from": caption.source, "likes": caption.likes, "dislikes": caption.dislikes}
            for caption in photo.captions
        ],
    }


def _preferences(curated: Curated, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    for photo in curated.photos:
        for pair in photo.pairs:
            yield {"image": names[photo.sha256], "split": photo.split, **asdict(pair)}


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` at the end, or vanishes when something fails."""
    out = out.absolute()
    if not os.access(out.parent, os.W_OK):
        raise DatasetFolderError(f"there is no folder {out.parent} that can be written to")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as beside:
        building, replaced = Path(beside, "new"), Path(beside, "old")
        building.mkdir(mode=0o700)
        yield building
        if out.exists():
            out.replace(replaced)
        try:
            building.replace(out)
        except OSError:
            if replaced.exists():
                replaced.replace(out)
            raise
        shutil.rmtree(replaced, ignore_errors=True)
