import struct

import pytest
from image_files import bmp, encode
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import (
    DamagedImageError,
    ImageTooLargeError,
    UnsupportedImageError,
    UnsupportedVariantError,
)
from captioning.images import open_image

MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def pixels(alpha: int) -> bytes:
    image = quarters().convert("RGBA").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    image.putalpha(alpha)
    return image.tobytes("raw", "BGRA")


def test_alpha_that_is_zero_everywhere_means_none() -> None:
    assert corner_colours(open_image(bmp(64, 32, 32, MASKS, pixels(0)))) == COLOURS
    assert corner_colours(open_image(bmp(64, 32, 32, MASKS, pixels(255)))) == COLOURS


def test_alpha_that_is_not_zero_everywhere_counts() -> None:
    data = bytearray(bmp(64, 32, 32, MASKS, pixels(0)))
    data[-1] = 255
    assert open_image(bytes(data)).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("bits", "masks"),
    [(16, (0xF00, 0xF0, 0xF, 0)), (16, (0xF00, 0xF0, 0xF, 0xF000)), (32, (0x3FF, 0xFFC00, 1, 0))],
)
def test_says_that_rare_colours_are_not_read(bits: int, masks: tuple[int, ...]) -> None:
    with pytest.raises(UnsupportedVariantError, match="BMP"):
        open_image(bmp(8, 8, bits, masks, bytes(8 * 8 * bits // 8)))


@pytest.mark.parametrize(
    ("at", "form", "values", "error"),
    [
        (28, "<HI", (24, 4), UnsupportedVariantError),  # a JPEG inside
        (28, "<HI", (64, 0), UnsupportedVariantError),
        (28, "<HI", (7, 0), DamagedImageError),
        (28, "<HI", (24, 99), DamagedImageError),
        (14, "<I", (16,), UnsupportedVariantError),
        (14, "<I", (17,), UnsupportedImageError),
        (18, "<ii", (100_000, 100_000), ImageTooLargeError),
        (18, "<ii", (100_000, -100_000), ImageTooLargeError),
    ],
)
def test_judges_the_header(
    at: int, form: str, values: tuple[int, ...], error: type[Exception]
) -> None:
    data = bytearray(encode(quarters(), "BMP"))
    struct.pack_into(form, data, at, *values)
    with pytest.raises(error):
        open_image(bytes(data))


def test_reads_from_top_to_bottom_too() -> None:
    data = bytearray(encode(quarters().transpose(Image.Transpose.FLIP_TOP_BOTTOM), "BMP"))
    struct.pack_into("<i", data, 22, -32)
    assert corner_colours(open_image(bytes(data))) == COLOURS


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_reads_few_colours(mode: str) -> None:
    image = Image.new("RGB", (16, 16), "white")
    image.paste("black", (0, 0, 8, 16))
    opened = open_image(encode(image.convert(mode), "BMP"))
    assert [opened.getpixel((x, 3)) for x in (3, 12)] == [(0, 0, 0), (255, 255, 255)]
