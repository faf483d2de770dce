from pathlib import Path

import numpy as np
import pytest

from captioning.runtime import cache
from captioning.runtime.cache import Entry


def entry(size: int = 1000) -> Entry:
    numbers = np.random.default_rng(size)
    parts = [numbers.integers(0, 256, length, dtype=np.uint8) for length in (size, 0, 7)]
    return Entry({"rows": 2, "fingerprint": "abc"}, parts)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    kept = entry()
    assert cache.load(folder, "model") is None
    assert cache.save(folder, "model", kept)
    found = cache.load(folder, "model")
    assert found is not None
    assert found.notes == kept.notes
    for one, other in zip(found.parts, kept.parts, strict=True):
        np.testing.assert_array_equal(one, other)
    assert cache.load(folder, "other") is None
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("place", [0, 5, 40, 62, 70, -1])
def test_one_wrong_byte_makes_it_missing(tmp_path: Path, place: int) -> None:
    cache.save(tmp_path, "model", entry())
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert cache.load(tmp_path, "model") is None


@pytest.mark.parametrize("length", [0, 10, 60, 500])
def test_half_a_file_is_missing(tmp_path: Path, length: int) -> None:
    cache.save(tmp_path, "model", entry())
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:length])
    assert cache.load(tmp_path, "model") is None


def test_what_cannot_be_kept_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert not cache.save(tmp_path / "file", "model", entry())
    assert cache.load(tmp_path / "file", "model") is None


def test_the_oldest_go_when_there_are_many(tmp_path: Path) -> None:
    for number in range(20):
        assert cache.save(tmp_path, f"model-{number}", entry(number + 1))
    assert len(list(tmp_path.iterdir())) == 12
    assert cache.load(tmp_path, "model-19") is not None
