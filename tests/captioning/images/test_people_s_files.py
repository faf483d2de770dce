"""Files of people that were refused or seen wrongly, from ../shared, which is not published."""

from pathlib import Path

import numpy as np
import pytest

from captioning.errors import UnsupportedVariantError
from captioning.images import open_image

CASES = Path(__file__).parents[4] / "shared" / "cases" / "9-people"
RARE = ("jpeg-12-bit.jpg", "bmp-4-bits-a-channel.bmp")

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the files are not here")


def named(*patterns: str) -> list[str]:
    return sorted(path.name for pattern in patterns for path in CASES.glob(pattern))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in named("jpeg-*.jpg", "png-*.png")
        if name not in (*RARE, "jpeg-rotation-in-xmp.jpg")
    ],
)
def test_what_stands_around_the_pixels_decides_nothing(name: str) -> None:
    control = open_image(CASES / f"control{Path(name).suffix}")
    assert (np.asarray(open_image(CASES / name)) == np.asarray(control)).all()


@pytest.mark.parametrize("name", named("animation-*", "bmp-alpha-all-zero.bmp"))
def test_is_not_blank(name: str) -> None:
    control = open_image(CASES / "control.png").resize((64, 48))
    difference = np.asarray(open_image(CASES / name), dtype=float) - np.asarray(control)
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize("name", RARE)
def test_is_a_rare_kind(name: str) -> None:
    with pytest.raises(UnsupportedVariantError):
        open_image(CASES / name)


def test_is_upright() -> None:
    image = open_image(CASES / "jpeg-rotation-in-xmp.jpg")
    assert image.size == (80, 120)
