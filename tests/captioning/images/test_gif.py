import numpy as np
import pytest
from image_files import encode, noise
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import DamagedImageError, ImageTooLargeError
from captioning.images import open_image
from captioning.images.cost import MAX_FRAMES, MAX_PARTS
from captioning.images.gif import inspect

EMPTY = Image.new("RGBA", (64, 32), (0, 0, 0, 0))


def animation(*frames: Image.Image) -> bytes:
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:], disposal=1)


def with_extension(data: bytes, label: int, *blocks: bytes) -> bytes:
    """Put an extension before the first frame."""
    at = 13 + (3 << (data[10] & 7) + 1)
    chain = b"".join(bytes((len(block),)) + block for block in blocks) + b"\0"
    return data[:at] + b"!" + bytes((label,)) + chain + data[at:]


@pytest.mark.parametrize(
    ("label", "blocks"),
    [
        (0xF9, (b"",)),
        (0xF9, (b"\1",)),
        (0xFE, (b"comment", b"more")),
        (0xFF, (b"NETSCAPE2.0", b"\1")),
        (0xFF, (b"XMP DataXMP", b"<x")),
        (0x01, ()),
    ],
)
def test_extensions_decide_nothing(label: int, blocks: tuple[bytes, ...]) -> None:
    data = with_extension(encode(quarters(), "GIF"), label, *blocks)
    assert corner_colours(open_image(data)) == COLOURS


def test_reads_the_orientation_in_xmp() -> None:
    stored = encode(quarters().transpose(Image.Transpose.ROTATE_90), "GIF")
    data = with_extension(stored, 0xFF, b"XMP DataXMP", b'<a tiff:Orientation="6"/>')
    assert corner_colours(open_image(data)) == COLOURS


def test_needs_no_end() -> None:
    data = encode(quarters(), "GIF")
    assert corner_colours(open_image(data[:-1])) == COLOURS


def test_finds_out_that_pixels_are_missing() -> None:
    data = encode(noise(64, 64), "GIF")
    for cut in range(20, len(data) - 20, 97):
        with pytest.raises(DamagedImageError):
            open_image(data[:cut])


def test_of_an_animation_the_first_frame_that_shows_something() -> None:
    shown = quarters().convert("RGBA")
    assert corner_colours(open_image(animation(EMPTY, shown))) == COLOURS
    white = Image.new("RGB", (64, 32), "white")
    assert corner_colours(open_image(animation(white, quarters()))) == COLOURS
    assert (np.asarray(open_image(animation(EMPTY, EMPTY.copy()))) == 255).all()


def test_looks_into_so_many_frames_and_no_more() -> None:
    empty = [Image.new("L", (64, 32), shade) for shade in range(MAX_FRAMES)]
    found = open_image(animation(*empty[:-1], quarters()))
    assert corner_colours(found) == COLOURS
    assert set(np.asarray(open_image(animation(*empty, quarters()))).flat) == {0}


def test_a_damaged_frame_behind_leaves_the_first() -> None:
    data = animation(EMPTY, noise(64, 32).convert("RGBA"))
    assert (np.asarray(open_image(data[:-900])) == 255).all()


def test_a_frame_may_be_larger_than_the_screen() -> None:
    data = bytearray(encode(quarters(), "GIF"))
    data[6:10] = b"\1\0\1\0"
    assert inspect(bytes(data)).size == (64, 32)
    assert corner_colours(open_image(bytes(data))) == COLOURS


def test_refuses_what_would_take_too_much() -> None:
    data = bytearray(encode(quarters(), "GIF"))
    data[6:10] = b"\xff\xff\xff\xff"
    with pytest.raises(ImageTooLargeError):
        open_image(bytes(data))


def test_counts_blocks() -> None:
    data = encode(quarters(), "GIF")
    with pytest.raises(ImageTooLargeError):
        open_image(with_extension(data, 0xFE, *[b"a"] * MAX_PARTS))
    at = data.index(b",")
    with pytest.raises(ImageTooLargeError):
        open_image(data[:at] + bytes(MAX_PARTS + 1) + data[at:])
