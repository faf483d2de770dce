"""Features of a frozen encoder, computed once."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from captioning.encoders import Encoder
from captioning.images import Preprocessing
from training.batches import normalised
from training.prepared import Split
from training.row_cache import cached_rows


@torch.inference_mode()
def cached_features(
    encoder: Encoder, split: Split, preprocessing: Preprocessing, folder: Path, *, mirrored: bool
) -> NDArray[np.float16]:
    """Features (N, P, C) of a prepared split, from `folder` when they are there.

    They are known by a hash of the encoder's weights, the preprocessing, the photos and the side
    they face: stale features are not found. See `training.row_cache.cached_rows`.

    Args:
        mirrored: take the features of the photos' mirror images.

    Raises:
        DatasetError: when the disk is too full.
    """
    encoder.eval()
    device = next(encoder.parameters()).device

    def compute(rows: slice) -> NDArray[np.float32]:
        batch = normalised(split.pixels[rows], preprocessing, device)
        features = encoder(batch.flip(3) if mirrored else batch)
        return features.float().cpu().numpy()  # type: ignore[no-any-return]

    shape = (len(split), *compute(slice(0, 1)).shape[1:])
    key = _key(encoder, split, preprocessing, mirrored)
    return cached_rows(key, shape, compute, folder, "the features")


def _key(encoder: Encoder, split: Split, preprocessing: Preprocessing, mirrored: bool) -> str:
    digest = hashlib.sha256(repr((encoder.name, preprocessing, mirrored, split.names)).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.numpy(force=True).tobytes())
    split.hash_pixels(digest)
    return digest.hexdigest()
