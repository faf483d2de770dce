import numpy as np
import pytest
from image_files import noise
from PIL import Image

from captioning.images import simplifying
from captioning.images.simplifying import shows_something, simple, without_idle_alpha


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
@pytest.mark.parametrize("factor", [1, 3])
def test_bands_leave_no_trace(monkeypatch: pytest.MonkeyPatch, mode: str, factor: int) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.asarray(noise(50, 70).convert("L")).astype(np.uint16) * 257)
    else:
        image = noise(50, 70).convert(mode)
    whole = simple(image, factor)
    monkeypatch.setattr(simplifying, "_BAND_PIXELS", 500)
    banded = simple(image, factor)
    assert banded.mode == "RGB"
    assert banded.size == (-(-50 // factor), -(-70 // factor))
    assert (np.asarray(banded) == np.asarray(whole)).all()


def test_bands_keep_transparent_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplifying, "_BAND_PIXELS", 20)
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.paste(1, (0, 0, 4, 8))
    image.info["transparency"] = 0
    opened = simple(image, 1)
    for row in range(8):
        assert opened.getpixel((1, row)) == (40, 50, 60)
        assert opened.getpixel((6, row)) == (255, 255, 255)


def test_an_image_in_rgb_is_not_copied() -> None:
    image = noise(8, 8)
    assert simple(image, 1) is image


def test_only_alpha_that_is_zero_everywhere_is_idle() -> None:
    image = noise(8, 8).convert("RGBA")
    image.putalpha(0)
    assert without_idle_alpha(image.copy()).getchannel("A").getextrema() == (255, 255)
    image.putpixel((3, 3), (1, 2, 3, 4))
    assert without_idle_alpha(image.copy()).getchannel("A").getextrema() == (0, 4)


def test_one_colour_shows_nothing() -> None:
    image = Image.new("RGB", (8, 8), (200, 100, 50))
    assert not shows_something(image)
    image.putpixel((7, 7), (200, 100, 51))
    assert shows_something(image)


def test_sixteen_bits_become_eight_as_they_are_nearest() -> None:
    wide = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    grey = np.asarray(simple(Image.fromarray(wide), 1))[..., 0]
    assert (grey == np.round(wide.astype(float) / 257)).all()
    outside = Image.fromarray(np.array([[-5, 70_000]], dtype=np.int32))
    assert np.asarray(simple(outside, 1))[0, :, 0].tolist() == [0, 255]
