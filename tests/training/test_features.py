import json
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from captioning.encoders import Encoder
from captioning.images import Preprocessing
from training.datasets import DatasetError
from training.features import cached_features
from training.prepared import Split

PREPROCESSING = Preprocessing(size=32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder("mobilenet_v3_small")


@pytest.fixture(scope="module")
def split() -> Split:
    count = 5
    pixels = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)
    return Split([f"{index}.jpg" for index in range(count)], [["A dog."]] * count, pixels)


@pytest.fixture
def seen(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that the encoder is given; batches are of two photos."""
    monkeypatch.setattr("training.row_cache._BATCH", 2)
    monkeypatch.setattr("training.row_cache._BATCHES_PER_SAVE", 1)
    sizes: list[int] = []
    forward = Encoder.forward

    def watched(self: Encoder, pixels: Tensor) -> Tensor:
        sizes.append(len(pixels))
        return forward(self, pixels)

    monkeypatch.setattr(Encoder, "forward", watched)
    return sizes


def compute(encoder: Encoder, split: Split, folder: Path, *, mirrored: bool = False) -> np.ndarray:
    return cached_features(encoder, split, PREPROCESSING, folder, mirrored=mirrored)


def test_features_are_the_encoders_and_are_computed_once(
    encoder: Encoder, split: Split, tmp_path: Path, seen: list[int]
) -> None:
    features = compute(encoder, split, tmp_path)
    assert isinstance(features, np.memmap)
    assert features.shape == (5, 1, 576)
    pixels = torch.from_numpy(split.pixels).permute(0, 3, 1, 2) / 255
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (PREPROCESSING.mean, PREPROCESSING.std)
    )
    with torch.inference_mode():
        expected = encoder((pixels - mean) / std).numpy()
        flipped = encoder(((pixels - mean) / std).flip(3)).numpy()
    np.testing.assert_allclose(features, expected, atol=2e-3)
    np.testing.assert_allclose(compute(encoder, split, tmp_path, mirrored=True), flipped, atol=2e-3)
    seen.clear()
    np.testing.assert_array_equal(compute(encoder, split, tmp_path), features)
    assert seen == [1]  # one photo tells the shape; none is computed again


def test_an_interrupted_computation_goes_on_where_it_stopped(
    encoder: Encoder,
    split: Split,
    tmp_path: Path,
    seen: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = np.array(compute(encoder, split, tmp_path / "whole"))
    watched = Encoder.forward

    def interrupted(self: Encoder, pixels: Tensor) -> Tensor:
        if sum(seen) >= 5:  # the photo that tells the shape, and two batches
            raise KeyboardInterrupt
        return watched(self, pixels)

    seen.clear()
    monkeypatch.setattr(Encoder, "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compute(encoder, split, tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock"] == [
        ".part"
    ]
    monkeypatch.setattr(Encoder, "forward", watched)
    seen.clear()
    np.testing.assert_array_equal(compute(encoder, split, tmp_path / "cache"), whole)
    assert seen == [1, 1]  # the shape again, and only the photo that was left


@pytest.mark.parametrize("suffix", [".features", ".part"])
@pytest.mark.parametrize("change", ["key", "shape", "cut", "garbage"])
def test_a_file_that_is_not_what_it_should_be_is_not_used(
    encoder: Encoder, split: Split, tmp_path: Path, seen: list[int], suffix: str, change: str
) -> None:
    right = np.array(compute(encoder, split, tmp_path))
    (path,) = tmp_path.glob("*.features")
    data = bytearray(path.read_bytes())
    header = json.loads(data[:4096])
    if change == "key":
        header["key"] = "0" * 64
    elif change == "shape":
        header["shape"][1:] = header["shape"][:0:-1]
    data[:4096] = json.dumps(header).encode().ljust(4096)
    data[4096:] = bytes(len(data) - 4096)  # were the file used, all features would be 0
    if change == "cut":
        del data[-1:]
    elif change == "garbage":
        data[:4096] = b"\xff" * 4096
    path.unlink()
    path.with_suffix(suffix).write_bytes(data)
    np.testing.assert_array_equal(compute(encoder, split, tmp_path), right)


def test_a_full_disk_is_said_before_the_work(
    encoder: Encoder, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6 - 1000, 1000))
    with pytest.raises(DatasetError, match=r"the features of 5 photos take .* make room"):
        compute(encoder, split, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".lock"]


def test_other_weights_photos_names_or_preprocessing_have_another_cache(
    encoder: Encoder, split: Split, tmp_path: Path
) -> None:
    compute(encoder, split, tmp_path)
    other = Encoder("mobilenet_v3_small")
    compute(other, split, tmp_path)
    pixels = split.pixels.copy()
    pixels[4, 31, 31, 2] ^= 1
    compute(encoder, Split(split.names, split.captions, pixels), tmp_path)
    compute(encoder, Split(split.names[::-1], split.captions, split.pixels), tmp_path)
    cached_features(encoder, split, Preprocessing(size=64), tmp_path, mirrored=False)
    compute(encoder, split, tmp_path, mirrored=True)
    assert len(list(tmp_path.glob("*.features"))) == 6
    # Captions do not change what a photo looks like.
    compute(encoder, Split(split.names, [["A cat."]] * 5, split.pixels), tmp_path)
    assert len(list(tmp_path.glob("*.features"))) == 6
