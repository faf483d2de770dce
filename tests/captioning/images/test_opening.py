import io
from pathlib import Path

import numpy as np
import pytest
from image_files import encode, with_jpeg_segment
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.images import open_image


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_reads_each_named_format(format: str) -> None:
    image = open_image(encode(quarters(), format))
    assert image.mode == "RGB"
    assert image.size == (64, 32)
    assert corner_colours(image) == COLOURS


def test_reads_the_first_picture_of_a_camera_s_mpo() -> None:
    data = encode(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 32))])
    with Image.open(io.BytesIO(data)) as check:
        assert check.format == "MPO"
    assert corner_colours(open_image(data)) == COLOURS


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_reads_the_first_frame_of_an_animation(format: str) -> None:
    black = Image.new("RGB", (64, 32))
    data = encode(quarters(), format, save_all=True, append_images=[black, black])
    assert corner_colours(open_image(data)) == COLOURS


def test_reads_paths_and_open_files(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(quarters(), "PNG"))
    assert corner_colours(open_image(path)) == COLOURS
    with path.open("rb") as file:
        assert corner_colours(open_image(file)) == COLOURS
    with pytest.raises(FileNotFoundError):
        open_image(tmp_path / "absent.png")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
        (9, None),
    ],
)
def test_turns_a_photo_upright(
    format: str, orientation: int, stored_as: Image.Transpose | None
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = quarters() if stored_as is None else quarters().transpose(stored_as)
    image = open_image(encode(stored, format, exif=exif))
    assert image.size == (64, 32)
    assert corner_colours(image) == COLOURS


def test_survives_broken_exif() -> None:
    data = encode(quarters(), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\xff\xff\x01")
    assert corner_colours(open_image(data)) == COLOURS


def half_transparent_red(mode: str) -> Image.Image:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 4, 8))
    return image.convert(mode)


def test_shows_what_is_transparent_as_white() -> None:
    image = open_image(encode(half_transparent_red("RGBA"), "PNG"))
    assert image.getpixel((1, 1)) == (255, 0, 0)
    assert image.getpixel((6, 1)) == (255, 255, 255)


def test_shows_transparent_grey_as_white() -> None:
    image = open_image(encode(half_transparent_red("LA"), "PNG"))
    assert image.getpixel((1, 1)) == (76, 76, 76)
    assert image.getpixel((6, 1)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_shows_a_transparent_palette_entry_as_white(format: str) -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.paste(1, (0, 0, 4, 8))
    opened = open_image(encode(image, format, transparency=0))
    assert opened.getpixel((1, 1)) == (40, 50, 60)
    assert opened.getpixel((6, 1)) == (255, 255, 255)


def test_shows_a_transparent_colour_key_as_white() -> None:
    image = Image.new("RGB", (8, 8), (10, 20, 30))
    image.paste((40, 50, 60), (0, 0, 4, 8))
    opened = open_image(encode(image, "PNG", transparency=(10, 20, 30)))
    assert opened.getpixel((1, 1)) == (40, 50, 60)
    assert opened.getpixel((6, 1)) == (255, 255, 255)


def test_transparency_does_not_darken_edges_when_scaled_down() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))  # black, were it visible
    image.paste((255, 255, 255, 255), (0, 0, 33, 64))
    opened = open_image(encode(image, "PNG"), target_side=16)
    assert opened.size == (16, 16)
    assert np.asarray(opened).min() == 255


@pytest.mark.parametrize("value", [0, 10, 128, 255])
def test_scales_sixteen_bits_of_grey(value: int) -> None:
    wide = Image.fromarray(np.full((8, 8), value * 257, dtype=np.uint16))
    assert open_image(encode(wide, "PNG")).getpixel((4, 4)) == (value, value, value)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_reads_grey_and_black_and_white(mode: str) -> None:
    image = Image.new(mode, (8, 8), 0)
    image.paste(255, (0, 0, 4, 8))
    opened = open_image(encode(image, "PNG"))
    assert opened.getpixel((1, 1)) == (255, 255, 255)
    assert opened.getpixel((6, 1)) == (0, 0, 0)


def test_reads_cmyk_as_printers_mean_it() -> None:
    data = encode(quarters().convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert b"Adobe" in data  # which stores the inks inverted
    assert corner_colours(open_image(data)) == COLOURS


def test_decodes_no_more_of_a_jpeg_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(quarters().resize((4000, 2000)), "JPEG")
    decoded: list[tuple[int, int]] = []
    load = Image.Image.load
    monkeypatch.setattr(
        Image.Image, "load", lambda image: (decoded.append(image.size), load(image))[1]
    )
    image = open_image(data, target_side=448)
    assert min(image.size) >= 448
    assert corner_colours(image) == COLOURS
    assert max(decoded) <= (1000, 500)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_scales_down_to_no_less_than_asked(format: str) -> None:
    data = encode(quarters().resize((300, 150)), format)
    assert 50 <= min(open_image(data, target_side=50).size) <= 75
    assert 60 <= min(open_image(data, target_side=60).size) <= 75
    assert open_image(data, target_side=None).size == (300, 150)
    assert open_image(data, target_side=448).size == (300, 150)


def test_takes_a_pillow_image_and_turns_it_upright() -> None:
    image = quarters().transpose(Image.Transpose.ROTATE_90).convert("RGBA")
    image.getexif()[0x0112] = 6
    opened = open_image(image)
    assert opened.mode == "RGB"
    assert corner_colours(opened) == COLOURS


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_reads_an_orientation_that_only_xmp_tells(format: str) -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    stored = quarters().transpose(Image.Transpose.ROTATE_90)
    assert corner_colours(open_image(encode(stored, format, xmp=xmp))) == COLOURS


def test_metadata_may_stand_anywhere_before_the_pixels() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = encode(quarters().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    data = with_jpeg_segment(stored, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
    assert corner_colours(open_image(data)) == COLOURS
