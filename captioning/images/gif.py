"""Takes a GIF apart, and puts together what draws its first frames.

See CompuServe's "Graphics Interchange Format, Version 89a". Comments and the extensions of
applications are left out.
"""

from dataclasses import dataclass

from PIL import GifImagePlugin

from captioning.images.cost import MAX_FRAMES
from captioning.images.encoded import Animation, Encoded, canvas, count_parts, damaged
from captioning.images.orientation import read_orientation

SIGNATURES = (b"GIF87a", b"GIF89a")

_EXTENSION, _FRAME, _END = b"!", b",", b";"
_CONTROL, _APPLICATION = 0xF9, 0xFF
_XMP = b"XMP DataXMP"


def inspect(data: bytes) -> Encoded:
    """Find out what decoding costs.

    Raises:
        captioning.errors.ImageError: it cannot be decoded.
    """
    if len(data) < 13:
        raise damaged()
    blocks = _Blocks(data)
    width, height = _number(data, 6), _number(data, 8)
    position = 13 + _table_length(data[10])
    head, control, xmp = data[:position], b"", b""
    frames: list[bytes] = []
    while len(frames) < MAX_FRAMES and position < len(data):
        start, introducer = position, data[position : position + 1]
        if introducer == _EXTENSION and position + 2 < len(data):
            label, length = data[position + 1], data[position + 2]
            content = data[position + 3 : position + 3 + length]
            position = blocks.skip(position + 2)
            if label == _CONTROL and len(content) >= 4:
                control = _EXTENSION + bytes((_CONTROL, 4)) + content[:4] + b"\0"
            elif label == _APPLICATION and content == _XMP:
                xmp = data[start:position]
        elif introducer == _FRAME and position + 10 < len(data):
            width = max(width, _number(data, position + 1) + _number(data, position + 5))
            height = max(height, _number(data, position + 3) + _number(data, position + 7))
            position = blocks.skip(position + 10 + _table_length(data[position + 9]) + 1)
            frames.append(control + data[start:position])
            control = b""
        elif introducer == _END:
            break
        else:
            position = blocks.skip_one(position)
    if not frames:
        raise damaged()
    size = width, height
    animation = Animation(b"".join((head, *frames, _END)), len(frames), canvas(size, 16))
    return Encoded(
        decoder=GifImagePlugin.GifImageFile,
        data=head + frames[0] + _END,
        size=size,
        memory=canvas(size, 1),
        orientation=read_orientation(None, xmp),
        animation=animation if len(frames) > 1 else None,
    )


@dataclass(slots=True)
class _Blocks:
    """Steps over data blocks, and counts them: each may be as short as a byte."""

    data: bytes
    _count: int = 0

    def skip(self, position: int) -> int:
        """Where the chain of blocks that begins at `position` ends."""
        while position < len(self.data) and (length := self.data[position]):
            position = self.skip_one(position + length)
        return min(position + 1, len(self.data))

    def skip_one(self, position: int) -> int:
        self._count += 1
        count_parts(self._count)
        return position + 1


def _table_length(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 2], "little")
