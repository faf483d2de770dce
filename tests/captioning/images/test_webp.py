import numpy as np
import pytest
from image_files import encode, noise
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import DamagedImageError, ImageTooLargeError
from captioning.images import open_image
from captioning.images.cost import MAX_PARTS
from captioning.images.webp import inspect

EMPTY = Image.new("RGBA", (64, 32), (0, 0, 0, 0))


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def header(width: int, height: int) -> bytes:
    """An extended WebP that claims a size and has next to no pixels."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + chunk(b"VP8X", b"\0\0\0\0" + sides) + chunk(b"VP8L", b"\x2f\0\0\0\0")
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0\0\0\0\0"}])
@pytest.mark.parametrize(
    "more", [chunk(b"EXIF", b"cut off")[:-3], chunk(b"what", b"?"), chunk(b"XMP ", b""), b"EXIF"]
)
def test_chunks_beside_the_pixels_decide_nothing(options: dict[str, object], more: bytes) -> None:
    data = encode(quarters(), "WEBP", **options)
    assert corner_colours(open_image(data + more)) == COLOURS
    wrong_length = data[:4] + b"\1\0\0\0" + data[8:]
    assert corner_colours(open_image(wrong_length + more)) == COLOURS


def test_transparency_stays() -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 4, 8))
    for options in ({"lossless": True}, {}, {"exif": b"Exif\0\0II*\0\0\0\0\0"}):
        opened = open_image(encode(image, "WEBP", **options))
        assert opened.getpixel((6, 1)) == (255, 255, 255)
        assert opened.getpixel((1, 1))[2] < 50


def test_finds_out_that_pixels_are_missing() -> None:
    for lossless in (True, False):
        data = encode(noise(32, 32), "WEBP", lossless=lossless)
        for cut in range(20, len(data) - 8, 53):
            with pytest.raises(DamagedImageError):
                open_image(data[:cut])


def test_reckons_what_decoding_takes() -> None:
    for options in ({}, {"lossless": True}):
        memory = inspect(encode(Image.new("RGB", (400, 300)), "WEBP", **options)).memory
        assert memory == pytest.approx(17 * 400 * 300, rel=0.02)
    assert inspect(header(8300, 4000)).size == (8300, 4000)


@pytest.mark.parametrize("size", [(8300, 8300), (16_384, 16_384), (1 << 24, 1 << 24)])
def test_refuses_what_would_take_too_much(size: tuple[int, int]) -> None:
    with pytest.raises(ImageTooLargeError):
        open_image(header(*size))


def test_counts_chunks() -> None:
    data = encode(quarters(), "WEBP")
    with pytest.raises(ImageTooLargeError):
        open_image(data + chunk(b"what", b"") * MAX_PARTS)


def test_of_an_animation_the_first_frame_that_shows_something() -> None:
    others = [quarters().convert("RGBA"), Image.new("RGBA", (64, 32), "black")]
    data = encode(EMPTY, "WEBP", save_all=True, append_images=others, lossless=True)
    assert corner_colours(open_image(data)) == COLOURS
    empty = encode(EMPTY, "WEBP", save_all=True, append_images=[EMPTY], lossless=True)
    assert (np.asarray(open_image(empty)) == 255).all()
