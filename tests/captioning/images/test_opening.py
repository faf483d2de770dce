import io
import struct
import threading
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from image_files import encode, noise, png, with_jpeg_segment
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import (
    CaptioningError,
    DamagedImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
    UnsupportedVariantError,
)
from captioning.images import open_image, opening
from captioning.images.cost import Budget


def png_header(width: int, height: int) -> bytes:
    """A PNG of any claimed size with next to no data."""
    return png(width, height, 8, 2, b"")


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


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyImageError),
        (b"GIF is what I would like to be", UnsupportedImageError),
        (b"%PDF-1.7 and so on", UnsupportedImageError),
        (encode(Image.new("RGB", (8, 8)), "TIFF"), UnsupportedImageError),
        (b"\xff\xd8\xff", DamagedImageError),
        (b"RIFF\x00\x00\x00\x00WEBP", DamagedImageError),
        (b"RIFF\x00\x00\x00\x00WAVE", UnsupportedImageError),
        (png_header(0, 8), ImageError),
        (png_header(8, 0), ImageError),
        (png_header(8, 8), DamagedImageError),
        (png_header(10_001, 10_000), ImageTooLargeError),
        (png_header(2**31 - 1, 2**31 - 1), ImageTooLargeError),
    ],
)
def test_refuses_what_is_no_usable_image(data: bytes, error: type[ImageError]) -> None:
    with pytest.raises(error) as caught:
        open_image(data)
    assert isinstance(caught.value, CaptioningError)
    message = str(caught.value)
    assert message[0].isupper()
    assert message.endswith(".")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF", "AVIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_refuses_an_image_cut_off_anywhere(format: str, share: float) -> None:
    data = encode(noise(64, 64), format)
    with pytest.raises((DamagedImageError, UnsupportedImageError)):
        open_image(data[: int(len(data) * share)])


def test_refuses_too_many_bytes() -> None:
    data = encode(quarters(), "BMP")
    with pytest.raises(ImageTooLargeError, match="MB"):
        open_image(data, max_bytes=len(data) - 1)
    with pytest.raises(ImageTooLargeError, match="MB"):
        open_image(io.BytesIO(data), max_bytes=len(data) - 1)
    assert open_image(data, max_bytes=len(data)).size == (64, 32)


def test_reckons_before_it_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(quarters(), "PNG")
    enough = 64 * 32 * 8 + 32 * 16  # twice in RGBX, with the table of its rows
    assert open_image(data, max_memory=enough).size == (64, 32)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded all the same"))
    with pytest.raises(ImageTooLargeError, match="pixels"):
        open_image(data, max_memory=enough - 1)


def test_says_how_many_pixels_would_do() -> None:
    with pytest.raises(ImageTooLargeError, match=r"down to 100 megapixels"):
        open_image(png_header(10_001, 10_000))
    with pytest.raises(ImageTooLargeError, match=r"down to 0\.7 megapixels"):
        open_image(png_header(4000, 1000), max_memory=4_000_000)


def test_all_threads_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos wait where those that are being decoded take all there is."""
    data = encode(noise(400, 300), "PNG")
    needed = 400 * 300 * 8
    budget = Budget(2 * needed + 2 * 2 * len(data) + 20_000)
    monkeypatch.setattr(opening, "MEMORY", budget)
    inside: list[int] = []
    most: list[int] = []
    begun, go_on = threading.Semaphore(0), threading.Event()
    load = Image.Image.load

    def slowly(image: Image.Image) -> object:
        if image.format == "PNG" and image.size == (400, 300):
            inside.append(1)
            most.append(len(inside))
            begun.release()
            go_on.wait(20)
            inside.pop()
        return load(image)

    monkeypatch.setattr(Image.Image, "load", slowly)
    threads = [threading.Thread(target=open_image, args=(data,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.acquire(timeout=20)
    assert begun.acquire(timeout=20)
    assert not begun.acquire(timeout=0.2), "a third one was decoded at the same time"
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert max(most) == 2
    assert len(most) >= 5


def test_a_very_long_image_is_scaled_down_further() -> None:
    image = Image.new("RGB", (30, 9600), "red")
    assert open_image(encode(image, "PNG"), target_side=30).size == (2, 480)
    assert open_image(encode(image, "PNG"), target_side=600).size == (30, 9600)


def test_sixteen_bits_are_never_widened_as_a_whole() -> None:
    """Beside the decoded image (two bytes a pixel) no more than a band of it is in memory."""
    wide = Image.fromarray(np.full((4000, 3000), 257 * 100, dtype=np.uint16))
    data = encode(wide, "PNG", compress_level=1)
    tracemalloc.start()
    try:
        image = open_image(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert image.getpixel((5, 5)) == (100, 100, 100)
    assert peak < 4000 * 3000 * 2, "NumPy's arrays are what is traced"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AssertionError(), DamagedImageError),
        (SyntaxError("broken"), DamagedImageError),
        (struct.error("short"), DamagedImageError),
        (OSError("truncated"), DamagedImageError),
        (IndexError(), DamagedImageError),
        (RecursionError(), DamagedImageError),
        (MemoryError(), ImageTooLargeError),
        (Image.DecompressionBombError("bomb"), ImageTooLargeError),
        (RuntimeError("Unsupported feature: codec"), UnsupportedVariantError),
    ],
)
def test_whatever_a_decoder_raises_is_an_image_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[ImageError]
) -> None:
    data = encode(quarters(), "PNG")

    def fail(image: Image.Image) -> None:
        raise error

    monkeypatch.setattr(Image.Image, "load", fail)
    with pytest.raises(expected):
        open_image(data)


def test_whatever_a_pillow_image_raises_is_an_image_error() -> None:
    data = encode(noise(64, 64), "PNG")
    with Image.open(io.BytesIO(data[:2000])) as image, pytest.raises(DamagedImageError):
        open_image(image)


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


def test_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(DamagedImageError):
            open_image(png_header(10_000, 9_000))  # Pillow alone would warn of a bomb
    assert caught == []
