"""Compiled models on the disk, so that a start neither exports nor compiles.

What is in the cache can be made anew at any time: an entry that is damaged, of another machine or
cannot be read counts as missing, and one that cannot be written is done without.
"""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

_MAGIC = b"captionbot compiled model 1\n"
_SUFFIX = ".compiled"
_ENTRIES = 12
"""Most that are kept; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was kept of a compiled model."""

    notes: Mapping[str, Any]
    parts: Sequence[NDArray[np.uint8]]
    """What was compiled. Of an entry that was loaded it is a view of the file."""


def default_folder() -> Path:
    """The user's own folder of compiled models; it may not exist yet."""
    return user_cache_path("captionbot") / "compiled"


def load(folder: Path, key: str) -> Entry | None:
    """What was kept under a key; None where there is nothing that can be used."""
    try:
        # Copy on write, because OpenVINO insists on memory that could be written.
        content = np.memmap(folder / f"{key}{_SUFFIX}", dtype=np.uint8, mode="c")
    except (OSError, ValueError):  # ValueError: it is empty
        return None
    beginning = content[: len(_MAGIC) + hashlib.sha256().digest_size].tobytes()
    rest = content[len(beginning) :]
    if beginning != _MAGIC + hashlib.sha256(rest.data).digest():
        return None
    length = int.from_bytes(rest[:4].tobytes(), "little")
    header = json.loads(rest[4 : 4 + length].tobytes())
    places = np.cumsum([4 + length, *header["sizes"]])
    return Entry(header["notes"], np.split(rest, places)[1:-1])


def save(folder: Path, key: str, entry: Entry) -> bool:
    """Keep an entry; whether it worked."""
    header = {"notes": dict(entry.notes), "sizes": [len(part) for part in entry.parts]}
    encoded = json.dumps(header).encode()
    blocks = [
        len(encoded).to_bytes(4, "little"),
        encoded,
        *(part.tobytes() for part in entry.parts),
    ]
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A reader never sees half of it, and two writers do not meet.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
            written = Path(file.name)
            try:
                for block in (_MAGIC, digest.digest(), *blocks):
                    file.write(block)
                file.close()
                written.replace(folder / f"{key}{_SUFFIX}")
            except BaseException:
                written.unlink(missing_ok=True)
                raise
        _remove_the_oldest(folder)
    except OSError:
        return False
    return True


def _remove_the_oldest(folder: Path) -> None:
    entries = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in entries[:-_ENTRIES]:
        with contextlib.suppress(OSError):
            path.unlink()
