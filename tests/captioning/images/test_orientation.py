import struct

import pytest
from PIL import Image
from scenes import quarters

from captioning.images import read_orientation
from captioning.images.orientation import orientation_of, upright


def exif(value: int, order: str = "<", kind: int = 3) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    directory = struct.pack(f"{order}HHHIHH", 1, 0x0112, kind, 1, value, 0)
    return b"Exif\0\0" + mark + struct.pack(f"{order}HI", 42, 8) + directory


def xmp(value: int) -> bytes:
    return f'<x><rdf:Description tiff:Make="A" tiff:Orientation="{value}"/></x>'.encode()


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_reads_exif(value: int, order: str) -> None:
    assert read_orientation(exif(value, order), None) == value
    assert read_orientation(exif(value, order).removeprefix(b"Exif\0\0"), None) == value


def test_reads_what_pillow_writes() -> None:
    written = Image.Exif()
    written[0x010F], written[0x0112] = "Camera", 7
    assert read_orientation(written.tobytes(), None) == 7


@pytest.mark.parametrize("value", range(1, 9))
def test_reads_xmp(value: int) -> None:
    assert read_orientation(None, xmp(value)) == value
    element = f"<tiff:Orientation>{value}</tiff:Orientation>".encode()
    assert read_orientation(None, element) == value


def test_asks_exif_first() -> None:
    assert read_orientation(exif(3), xmp(6)) == 3
    assert read_orientation(exif(1), xmp(6)) == 1
    assert read_orientation(exif(9), xmp(6)) == 6
    assert read_orientation(exif(3, kind=2), xmp(6)) == 6


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Exif\0\0",
        b"II",
        b"II*\0\xff\xff\xff\xff",
        exif(6)[:-6],
        b"II*\0\x08\0\0\0\xff\xff" + bytes(100),
        b"XX" + exif(6)[8:],
    ],
)
def test_broken_exif_tells_nothing(broken: bytes) -> None:
    assert read_orientation(broken, None) == 1
    assert read_orientation(broken, b"tiff:Orientation=") == 1


def test_odd_xmp_tells_nothing() -> None:
    for value in ("0", "9", "66", "", "x"):
        assert read_orientation(None, f'tiff:Orientation="{value}"'.encode()) == 1


def test_an_image_that_is_upright_stays_itself() -> None:
    image = quarters()
    assert upright(image, 1) is image
    assert orientation_of(image) == 1
    image.getexif()[0x0112] = 6
    assert orientation_of(image) == 6
