"""Features of a frozen encoder, computed once and memory-mapped.

A cache is one file: a header that says what it holds and how much of it is done, then the features
themselves. While it grows it is called ``.part``; an interrupted computation goes on there.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from captioning.encoders import Encoder
from captioning.images import Preprocessing
from training.batches import normalised
from training.prepare import check_space
from training.prepared import Split

_BATCH = 32
_BATCHES_PER_SAVE = 16
_HEADER_BYTES = 4096
_HASH_ROWS = 256
_TYPE = np.dtype("<f2")


@dataclass(slots=True)
class _Header:
    """The first bytes of a cache, as JSON padded with spaces."""

    key: str
    """Hash of encoder, preprocessing and photos."""
    shape: tuple[int, int, int]
    """(N, P, C)."""
    done: int = 0
    """Rows that are computed and on the disk."""

    @property
    def file_size(self) -> int:
        return _HEADER_BYTES + int(np.prod(self.shape)) * _TYPE.itemsize


def cached_features(
    encoder: Encoder, split: Split, preprocessing: Preprocessing, folder: Path, *, mirrored: bool
) -> NDArray[np.float16]:
    """Features (N, P, C) of a prepared split, from `folder` when they are there.

    The file's name and header carry a hash of the encoder's weights, the preprocessing, the photos
    and the side they face: stale features are not found, and a file that does not say what is
    wanted, or is shorter than it says, is computed anew. Of several processes that ask at once, one
    computes and the others wait.

    Args:
        mirrored: take the features of the photos' mirror images.

    Raises:
        DatasetError: when the disk is too full.
    """
    key = _key(encoder, split, preprocessing, mirrored)
    wanted = _Header(key, _shape(encoder, split, preprocessing))
    path = folder / f"{key[:24]}.features"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        if _rows_done(path, wanted) < len(split):
            building = path.with_suffix(".part")
            _compute(encoder, split, preprocessing, building, mirrored, wanted)
            building.replace(path)
    return _map(path, wanted.shape, "r")


@torch.inference_mode()
def _compute(
    encoder: Encoder,
    split: Split,
    preprocessing: Preprocessing,
    path: Path,
    mirrored: bool,
    header: _Header,
) -> None:
    """Fill the cache at `path` from the row where an interrupted computation stopped."""
    header.done = _rows_done(path, header)
    if header.done == 0:
        path.unlink(missing_ok=True)
        check_space(path.parent, header.file_size, f"the features of {len(split):,} photos")
        with path.open("wb") as file:
            file.truncate(header.file_size)
        _write_header(path, header)
    out = _map(path, header.shape, "r+")
    encoder.eval()
    device = next(encoder.parameters()).device
    starts = range(header.done, len(split), _BATCH)
    for number, start in enumerate(track(starts, "computing features"), start=1):
        batch = normalised(split.pixels[start : start + _BATCH], preprocessing, device)
        features = encoder(batch.flip(3) if mirrored else batch).float().cpu().numpy()
        out[start : start + len(features)] = features
        if number % _BATCHES_PER_SAVE == 0 or number == len(starts):
            # The header may claim only what is on the disk.
            out.flush()
            header.done = start + len(features)
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


def _map(path: Path, shape: tuple[int, int, int], mode: str) -> "np.memmap":
    # numpy's type stubs want the mode as a literal.
    return np.memmap(path, _TYPE, mode, _HEADER_BYTES, shape)  # type: ignore[call-overload, no-any-return]


@torch.inference_mode()
def _shape(encoder: Encoder, split: Split, preprocessing: Preprocessing) -> tuple[int, int, int]:
    encoder.eval()
    photo = normalised(split.pixels[:1], preprocessing, next(encoder.parameters()).device)
    _, cells, channels = encoder(photo).shape
    return len(split), cells, channels


def _key(encoder: Encoder, split: Split, preprocessing: Preprocessing, mirrored: bool) -> str:
    digest = hashlib.sha256(repr((encoder.name, preprocessing, mirrored, split.names)).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.numpy(force=True).tobytes())
    for start in range(0, len(split), _HASH_ROWS):
        digest.update(split.pixels[start : start + _HASH_ROWS].tobytes())
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold `path` for this process alone, and wait while another holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
