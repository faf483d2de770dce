"""Takes a WebP apart, and puts together what draws the picture.

See Google's "WebP Container Specification". Colour profile, EXIF, XMP and unknown chunks are left
out of what is decoded.
"""

from collections.abc import Iterator

from PIL import WebPImagePlugin

from captioning.images.cost import MAX_FRAMES
from captioning.images.encoded import Animation, Encoded, canvas, count_parts, damaged
from captioning.images.orientation import read_orientation

_DRAWN = {b"ALPH", b"VP8 ", b"VP8L", b"ANIM"}
_LEFT_OUT_FLAGS = 0x20 | 0x08 | 0x04  # profile, EXIF, XMP
_BYTES_PER_PIXEL = 17.0
"""Two canvases of libwebp's, a copy, and Pillow's own; measured."""


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def inspect(data: bytes) -> Encoded:
    """Find out what decoding costs.

    Raises:
        captioning.errors.ImageError: it cannot be decoded.
    """
    size: tuple[int, int] | None = None
    extended = b""
    drawn: list[bytes] = []
    frames: list[bytes] = []
    metadata: dict[bytes, bytes] = {}
    for count, (kind, content, chunk) in enumerate(_chunks(data), 1):
        count_parts(count)
        if kind == b"VP8X" and size is None and len(content) >= 10:
            size = _number(content[4:7]) + 1, _number(content[7:10]) + 1
            flags = bytes((content[0] & ~_LEFT_OUT_FLAGS,))
            extended = chunk[:8] + flags + content[1:]
        elif kind in _DRAWN:
            size = size or _size(kind, content)
            drawn.append(chunk)
        elif kind == b"ANMF" and len(frames) < MAX_FRAMES:
            frames.append(chunk)
        elif kind in (b"EXIF", b"XMP "):
            metadata.setdefault(kind, content)
    if size is None or not (drawn or frames):
        raise damaged()
    memory = canvas(size, _BYTES_PER_PIXEL)
    still = _file(extended, *drawn, *frames[:1])
    animation = Animation(_file(extended, *drawn, *frames), len(frames), memory)
    return Encoded(
        decoder=WebPImagePlugin.WebPImageFile,
        data=still,
        size=size,
        memory=memory,
        orientation=read_orientation(metadata.get(b"EXIF"), metadata.get(b"XMP ")),
        animation=animation if len(frames) > 1 else None,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(kind, content, the whole chunk); the last one may be cut off."""
    position = 12
    while position + 8 <= len(data):
        length = _number(data[position + 4 : position + 8])
        end = position + 8 + length + length % 2
        chunk = data[position:end]
        yield chunk[:4], chunk[8 : 8 + length], chunk
        position = end


def _size(kind: bytes, content: bytes) -> tuple[int, int] | None:
    """Width and height of a bitstream; None when it tells none."""
    if kind == b"VP8 " and content[3:6] == b"\x9d\x01\x2a" and len(content) >= 10:
        return _number(content[6:8]) & 0x3FFF, _number(content[8:10]) & 0x3FFF
    if kind == b"VP8L" and content[:1] == b"\x2f" and len(content) >= 5:
        bits = _number(content[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _file(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
