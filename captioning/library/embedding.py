"""Writes a caption into a photo's own file, as XMP, and leaves every other byte as it is.

For JPEG (XMP specification part 3, 1.1.3: an APP1 segment) and PNG (1.1.5: an iTXt chunk); of other
kinds the caption belongs beside the file.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from captioning.library.files import replace_file
from captioning.library.records import Said
from captioning.library.xmp import KeptAsItIsError, described

_JPEG = b"\xff\xd8\xff"
_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_LONGEST = 0xFFFF - 2
_PNG = b"\x89PNG\r\n\x1a\n"
_ITXT = b"XML:com.adobe.xmp\0\0\0\0\0"


def embed(path: Path, said: Said) -> None:
    """Write a caption into a photo; a reader sees the old file or the new one, nothing between.

    Raises:
        KeptAsItIsError: the file is of a kind, or says something, that does not allow it.
        OSError: it cannot be read or written.
    """
    # A link to a photo stays one.
    path = path.resolve()
    data = path.read_bytes()
    if data.startswith(_JPEG):
        changed = _in_jpeg(data, said)
    elif data.startswith(_PNG):
        changed = _in_png(data, said)
    else:
        raise KeptAsItIsError(
            "Captions are written into JPEG and PNG files only; for this one, use --sidecar xmp."
        )
    if changed != data:
        replace_file(path, changed)


def _in_jpeg(data: bytes, said: Said) -> bytes:
    segments = list(_segments(data))
    packets = [segment for segment in segments if data.startswith(_HEADER, segment[0] + 4)]
    if len(packets) > 1:
        raise KeptAsItIsError("It has several packets of XMP, and is kept as it is.")
    if packets:
        start, end = packets[0]
        packet = described(data[start + 4 + len(_HEADER) : end], said)
        if _is_indexed(data, [each for each in segments if each[0] < start]):
            raise KeptAsItIsError("It holds several pictures before its XMP, and is kept as it is.")
    else:
        # Behind JFIF and EXIF, which have to come first, and before the index of several pictures,
        # whose places are counted from it.
        first = [data[start + 1] in (0xE0, 0xE1) for start, _ in segments]
        leading = first.index(False) if False in first else len(first)
        start = end = segments[leading - 1][1] if leading else 2
        packet = described(None, said)
    content = _HEADER + packet
    if len(content) > _LONGEST:
        raise KeptAsItIsError("Its XMP is full; use --sidecar xmp for this one.")
    segment = b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    return data[:start] + segment + data[end:]


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each application segment and comment before anything else."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            return
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if end > len(data):
            raise KeptAsItIsError("Its beginning is damaged, and is kept as it is.")
        yield place, end
        place = end


def _is_indexed(data: bytes, segments: list[tuple[int, int]]) -> bool:
    return any(data.startswith(b"MPF\0", start + 4) for start, _ in segments)


def _in_png(data: bytes, said: Said) -> bytes:
    place, before, ours = 8, 33, None
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        if kind == b"iTXt" and content.startswith(b"XML:com.adobe.xmp\0"):
            if ours is not None or not content.startswith(_ITXT):
                raise KeptAsItIsError("Its XMP is of a kind that cannot be added to, and is kept.")
            ours = (place, place + 12 + length, content.removeprefix(_ITXT))
        place += 12 + length
    start, end, packet = ours or (before, before, None)
    content = _ITXT + described(packet, said)
    check = zlib.crc32(b"iTXt" + content)
    chunk = struct.pack(">I4s", len(content), b"iTXt") + content + struct.pack(">I", check)
    return data[:start] + chunk + data[end:]
