"""What is computed of each photo, once, and memory-mapped.

A cache is one file: a header that says what it holds and how much of it is done, then the rows
themselves. While it grows it is called ``.part``; an interrupted computation goes on there.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from training.prepare import check_space

_BATCH = 32
_BATCHES_PER_SAVE = 16
_HEADER_BYTES = 4096
_TYPE = np.dtype("<f2")


@dataclass(slots=True)
class _Header:
    """The first bytes of a cache, as JSON padded with spaces."""

    key: str
    """Hash of all that decides what is computed."""
    shape: tuple[int, ...]
    """(N, …)."""
    done: int = 0
    """Rows that are computed and on the disk."""

    @property
    def file_size(self) -> int:
        return _HEADER_BYTES + int(np.prod(self.shape)) * _TYPE.itemsize


def cached_rows(
    key: str,
    shape: tuple[int, ...],
    compute: Callable[[slice], NDArray[np.float32]],
    folder: Path,
    what: str,
) -> NDArray[np.float16]:
    """Rows of `shape`, from `folder` when they are there.

    A file that does not say what is wanted, or is shorter than it says, is computed anew. Of
    several processes that ask at once, one computes and the others wait.

    Args:
        key: hash, in hexadecimal, of all that decides what is computed: the file's name.
        compute: gives the rows of a slice.
        what: is computed, for people.

    Raises:
        DatasetError: when the disk is too full.
    """
    wanted = _Header(key, shape)
    path = folder / f"{key[:24]}.features"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        if _rows_done(path, wanted) < shape[0]:
            building = path.with_suffix(".part")
            _compute(compute, building, wanted, what)
            building.replace(path)
    return _map(path, wanted.shape, "r")


def _compute(
    compute: Callable[[slice], NDArray[np.float32]], path: Path, header: _Header, what: str
) -> None:
    """Fill the cache at `path` from the row where an interrupted computation stopped."""
    count = header.shape[0]
    header.done = _rows_done(path, header)
    if header.done == 0:
        path.unlink(missing_ok=True)
        check_space(path.parent, header.file_size, f"{what} of {count:,} photos")
        with path.open("wb") as file:
            file.truncate(header.file_size)
        _write_header(path, header)
    out = _map(path, header.shape, "r+")
    starts = range(header.done, count, _BATCH)
    for number, start in enumerate(track(starts, f"computing {what}"), start=1):
        rows = compute(slice(start, min(start + _BATCH, count)))
        out[start : start + len(rows)] = rows
        if number % _BATCHES_PER_SAVE == 0 or number == len(starts):
            # The header may claim only what is on the disk.
            out.flush()
            header.done = start + len(rows)
            _write_header(path, header)


def _rows_done(path: Path, wanted: _Header) -> int:
    """How many rows of `wanted` the file holds; 0 when it is missing, damaged or of another."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_HEADER_BYTES))
            is_whole = os.fstat(file.fileno()).st_size == wanted.file_size
        is_same = (found["key"], tuple(found["shape"])) == (wanted.key, wanted.shape)
        done = found["done"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return done if is_whole and is_same and isinstance(done, int) else 0


def _write_header(path: Path, header: _Header) -> None:
    with path.open("r+b") as file:
        file.write(json.dumps(asdict(header)).encode().ljust(_HEADER_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _map(path: Path, shape: tuple[int, ...], mode: str) -> "np.memmap":
    # numpy's type stubs want the mode as a literal.
    return np.memmap(path, _TYPE, mode, _HEADER_BYTES, shape)  # type: ignore[call-overload, no-any-return]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold `path` for this process alone, and wait while another holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
