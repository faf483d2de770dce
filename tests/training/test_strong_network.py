"""What a network in OpenVINO's format sees, and files that are no such network."""

from pathlib import Path

import numpy as np
import pytest
from networks import colour_network

from training.prepared import Split
from training.strong_network import NetworkError, StrongNetwork


@pytest.fixture
def network(tmp_path: Path) -> StrongNetwork:
    return StrongNetwork(colour_network(tmp_path / "colours.xml"))


@pytest.fixture
def split() -> Split:
    """A red photo, and one whose left half is blue."""
    pixels = np.zeros((2, 64, 64, 3), np.uint8)
    pixels[0, ..., 0] = 255
    pixels[1, :, :32, 2] = 255
    return Split(["red.jpg", "half.jpg"], [[], []], pixels)


def test_it_tells_mean_maximum_and_logits(
    network: StrongNetwork, split: Split, tmp_path: Path
) -> None:
    assert (network.title, network.channels) == ("colours", 3)
    views = network.views(split, tmp_path / "cache")
    np.testing.assert_allclose(views.mean, [[1, 0, 0], [0, 0, 0.5]], atol=1e-2)
    np.testing.assert_allclose(views.maximum, [[1, 0, 0], [0, 0, 1]], atol=1e-2)
    np.testing.assert_allclose(views.logits, [[8, 0, 0], [0, 0, 4]], atol=5e-2)


def test_it_looks_once(
    network: StrongNetwork, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = network.views(split, tmp_path / "cache")
    monkeypatch.setattr(StrongNetwork, "_look", None)  # would fail
    second = StrongNetwork(tmp_path / "colours.xml").views(split, tmp_path / "cache")
    np.testing.assert_array_equal(first.logits, second.logits)


def test_other_photos_or_another_network_are_looked_at_anew(
    network: StrongNetwork, split: Split, tmp_path: Path
) -> None:
    network.views(split, tmp_path / "cache")
    changed = np.array(split.pixels)
    changed[1] = 255
    views = network.views(Split(split.names, split.captions, changed), tmp_path / "cache")
    np.testing.assert_allclose(views.mean[1], [1, 1, 1], atol=1e-2)
    (tmp_path / "colours.bin").write_bytes((tmp_path / "colours.bin").read_bytes() + b" ")
    StrongNetwork(tmp_path / "colours.xml").views(split, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("*.features"))) == 3


def test_what_is_no_such_network_is_told_in_one_line(split: Split, tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(NetworkError) as caught:
            StrongNetwork(path).views(split, tmp_path / "cache")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert told(tmp_path / "gone.xml").startswith("there is no network at")
    (tmp_path / "text.xml").write_text("<p>not a network</p>")
    assert "no network in OpenVINO's format" in told(tmp_path / "text.xml")
    other = colour_network(tmp_path / "other.xml", grid="cells")
    assert "outputs ['cells', 'logits']: it needs the input photo" in told(other)
    small = colour_network(tmp_path / "small.xml", size=64)
    assert "small cannot look at photos of 256 pixels" in told(small)
