"""Features of a frozen encoder, computed once and memory-mapped."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from captioning.encoders import Encoder
from captioning.images import Preprocessing
from training.batches import normalised
from training.prepare import Split

_BATCH = 32


def cached_features(
    encoder: Encoder, split: Split, preprocessing: Preprocessing, folder: Path, *, mirrored: bool
) -> NDArray[np.float16]:
    """Features (N, P, C) of a prepared split, from `folder` when they are there.

    The file's name is a hash of the encoder's weights, the preprocessing, the photos and the side
    they face, so that stale features are never found.

    Args:
        mirrored: take the features of the photos' mirror images.
    """
    path = folder / f"{_key(encoder, split, preprocessing, mirrored)}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        building = path.with_suffix(".part")
        _compute(encoder, split, preprocessing, building, mirrored)
        building.replace(path)
    features: NDArray[np.float16] = np.load(path, mmap_mode="r")
    return features


@torch.inference_mode()
def _compute(
    encoder: Encoder, split: Split, preprocessing: Preprocessing, path: Path, mirrored: bool
) -> None:
    out: np.memmap | None = None
    encoder.eval()
    for start in track(range(0, len(split), _BATCH), "computing features"):
        batch = normalised(split.pixels[start : start + _BATCH], preprocessing)
        features = encoder(batch.flip(3) if mirrored else batch).numpy().astype(np.float16)
        if out is None:
            shape = (len(split), *features.shape[1:])
            out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        out[start : start + len(features)] = features
    if out is not None:
        out.flush()


def _key(encoder: Encoder, split: Split, preprocessing: Preprocessing, mirrored: bool) -> str:
    digest = hashlib.sha256(repr((preprocessing, mirrored, split.names)).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.numpy(force=True).tobytes())
    return digest.hexdigest()[:24]
