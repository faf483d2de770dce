"""Reads a BMP's header. See Microsoft's documentation of BITMAPINFOHEADER and its successors."""

import io

from PIL import BmpImagePlugin

from captioning.images.encoded import Encoded, canvas, damaged, rare

_CORE_HEADER, _WITH_ALPHA_MASK = 12, 56
_HEADERS = (_CORE_HEADER, 40, 52, _WITH_ALPHA_MASK, 64, 108, 124)
_RARE_HEADERS = (16,)
_PLAIN, _BIT_FIELDS = 0, 3
_DEPTHS = {_PLAIN: (1, 4, 8, 16, 24, 32), 1: (8,), 2: (4,), _BIT_FIELDS: (16, 24, 32)}
"""By how the pixels are stored; 1 and 2 are run lengths."""
_RARE = {0: (2, 64), 3: (1,), 4: (0, 24), 5: (0, 24), 6: (16, 32)}
"""Of printers, cameras and OS/2."""


def is_bmp(data: bytes) -> bool:
    return data[:2] == b"BM" and _header_length(data) in _HEADERS + _RARE_HEADERS


def inspect(data: bytes) -> Encoded:
    """Find out what decoding costs.

    Raises:
        captioning.errors.ImageError: it cannot be decoded.
    """
    length = _header_length(data)
    if length in _RARE_HEADERS:
        raise rare("BMP", "of OS/2")
    if len(data) < 14 + length:
        raise damaged()
    compression = _PLAIN
    if length == _CORE_HEADER:
        size, bits = (_number(data, 18, 2), _number(data, 20, 2)), _number(data, 24, 2)
    else:
        height = _number(data, 22, 4)
        size = _number(data, 18, 4), min(height, 2**32 - height)  # below 0: from top to bottom
        bits, compression = _number(data, 28, 2), _number(data, 30, 4)
    if bits not in _DEPTHS.get(compression, ()):
        if bits in _RARE.get(compression, ()):
            raise rare("BMP", f"{bits} bits a pixel, compression {compression}")
        raise damaged()
    try:
        BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    except OSError as error:  # what else a header can get wrong was looked at above
        raise rare("BMP", f"{bits} bits a pixel, in rare places") from error
    return Encoded(
        decoder=BmpImagePlugin.BmpImageFile,
        data=data,
        size=size,
        memory=canvas(size, 1 if bits <= 8 else 5),
        has_idle_alpha=True,
    )


def _header_length(data: bytes) -> int:
    return _number(data, 14, 4)


def _number(data: bytes, position: int, length: int) -> int:
    return int.from_bytes(data[position : position + length], "little")
