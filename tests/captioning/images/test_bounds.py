"""What cannot be opened is refused with a reason, and what opening costs is bounded."""

import io
import struct
import threading
import tracemalloc
import warnings

import numpy as np
import pytest
from image_files import encode, noise, png
from PIL import Image
from scenes import quarters

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


def test_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(DamagedImageError):
            open_image(png_header(10_000, 9_000))  # Pillow alone would warn of a bomb
    assert caught == []
