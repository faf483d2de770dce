"""Which way up a photo is: the one reader of it, for opened and for kept photos.

EXIF is asked first, then XMP. The numbers are EXIF's (tag 0x0112): 1 is upright, 2 mirrored, 3
upside down, and so on to 8.
"""

import re
from typing import Literal

from PIL import Image

_TAG = 0x0112
_SHORT, _LONG = 3, 4
_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([1-8])\s*["'<]""")
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """The orientation that a photo's metadata tell; 1 where they tell none.

    Args:
        exif: a TIFF structure, with or without "Exif\\0\\0" before it.
        xmp: a packet of XMP.
    """
    return _in_exif(exif or b"") or _in_xmp(xmp or b"") or 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Undo the camera's rotation."""
    method = _TO_UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _in_exif(exif: bytes) -> int | None:
    # Read by hand: Pillow reads every tag, which can cost minutes, and needs them all to be sound.
    data = exif.removeprefix(b"Exif\0\0")
    order: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
    if data[:2] not in order:
        return None

    def number(start: int, length: int) -> int:
        return int.from_bytes(data[start : start + length], order[data[:2]])

    directory = number(4, 4)
    end = min(directory + 2 + 12 * number(directory, 2), len(data))
    for entry in range(directory + 2, end, 12):
        if number(entry, 2) == _TAG:
            length = {_SHORT: 2, _LONG: 4}.get(number(entry + 2, 2))
            value = number(entry + 8, length) if length else 0
            return value if 1 <= value <= 8 else None
    return None


def _in_xmp(xmp: bytes) -> int | None:
    found = _XMP.search(xmp)
    return int(found[1]) if found else None


def orientation_of(image: Image.Image) -> int:
    """The orientation of an image that somebody else has opened."""
    try:
        orientation = image.getexif().get(_TAG)
    except Exception:  # broken EXIF: a photo on its side is better than none
        return 1
    return orientation if isinstance(orientation, int) else 1
