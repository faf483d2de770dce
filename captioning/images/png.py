"""Takes a PNG apart, and puts together what draws the picture.

See the W3C's PNG specification, third edition. Colour profile, gamma, texts, XMP and the like are
left out, so neither their size nor their checksums decide whether the picture is read.
"""

import zlib
from collections.abc import Iterator

from PIL import PngImagePlugin

from captioning.images.cost import MAX_FRAMES
from captioning.images.encoded import Animation, Encoded, canvas, count_parts, damaged, rare
from captioning.images.orientation import read_orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_GREY, _COLOUR, _PALETTE = 0, 2, 3
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _COLOUR: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    4: (8, 16),
    6: (8, 16),
}
_TRANSPARENCY_LENGTHS = {_GREY: (2,), _COLOUR: (6,), _PALETTE: range(1, 257)}
_FRAME_CONTROL = 26
_XMP_KEY = b"XML:com.adobe.xmp"
_RAW_EXIF_KEYS = (b"Raw profile type exif", b"Raw profile type APP1")
_LONGEST_TEXT = 1024 * 1024
"""So many bytes of a text are searched for an orientation."""


def inspect(data: bytes) -> Encoded:
    """Find out what decoding costs.

    Raises:
        captioning.errors.ImageError: it cannot be decoded.
    """
    parts = _Parts()
    for count, (kind, content, checksum) in enumerate(_chunks(data), 1):
        count_parts(count)
        parts.take(kind, content, checksum)
    header = parts.header
    if not header or not parts.pixels:
        raise damaged()
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colours = header[8], header[9]
    if depth not in _DEPTHS.get(colours, ()) or any(header[10:12]) or header[12] > 1:
        raise damaged()
    if colours == _PALETTE and not parts.has_palette:
        raise damaged()
    channel = depth // 8 or 1
    return Encoded(
        decoder=PngImagePlugin.PngImageFile,
        data=parts.still(),
        size=(width, height),
        memory=canvas((width, height), channel if colours in (_GREY, _PALETTE) else 4),
        orientation=read_orientation(parts.exif, parts.xmp),
        animation=parts.animation((width, height)),
    )


class _Parts:
    """What of the chunks is needed."""

    def __init__(self) -> None:
        self.header = b""
        self.has_palette = False
        self.pixels: list[bytes] = []
        self.exif: bytes | None = None
        self.xmp: bytes | None = None
        self._colours: list[bytes] = []
        self._seen: set[bytes] = set()
        self._is_animated = False
        self._first_control = b""
        self._frames: list[bytes] = []
        self._frame_count = 0

    def take(self, kind: bytes, content: bytes, checksum: int) -> None:
        """Keep what is needed of the next chunk; only critical ones must have their checksum."""
        if not self.header:
            if kind == b"CgBI":
                raise rare("PNG", "changed by Apple's tools")
            if kind != b"IHDR" or len(content) != 13 or checksum != zlib.crc32(kind + content):
                raise damaged()
            self.header = content
        elif kind == b"IDAT":
            self.pixels.append(content)
        elif kind == b"PLTE":
            if checksum != zlib.crc32(kind + content) or self.pixels:
                raise damaged()
            self.has_palette = True
            self._colours.append(_chunk(kind, content))
        elif kind == b"tRNS" and len(content) in _TRANSPARENCY_LENGTHS.get(self.header[9], ()):
            self._colours.append(_chunk(kind, content))
        elif kind == b"acTL":
            self._is_animated = not self.pixels
        elif kind in (b"fcTL", b"fdAT"):
            self._take_frame(kind, content)
        elif kind == b"eXIf":
            self.exif = content
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            self._take_text(kind, content)

    def still(self) -> bytes:
        return self._file([], [])

    def animation(self, size: tuple[int, int]) -> Animation | None:
        if not self._is_animated or self._frame_count == 0:
            return None
        count = min(self._frame_count, MAX_FRAMES - 1) + bool(self._first_control)
        control = [_chunk(b"acTL", count.to_bytes(4, "big") + bytes(4))]
        if self._first_control:
            control.append(_chunk(b"fcTL", self._first_control))
        return Animation(self._file(control, self._frames), count, canvas(size, 16))

    def _file(self, before: list[bytes], behind: list[bytes]) -> bytes:
        return b"".join(
            (
                SIGNATURE,
                _chunk(b"IHDR", self.header),
                *self._colours,
                *before,
                _chunk(b"IDAT", b"".join(self.pixels)),
                *behind,
                _chunk(b"IEND", b""),
            )
        )

    def _take_frame(self, kind: bytes, content: bytes) -> None:
        is_control = kind == b"fcTL"
        if is_control and len(content) != _FRAME_CONTROL:
            return
        if is_control and not self.pixels:
            self._first_control = content
        elif self.pixels:
            self._frame_count += is_control
            if self._frame_count < MAX_FRAMES:
                self._frames.append(_chunk(kind, content))

    def _take_text(self, kind: bytes, content: bytes) -> None:
        key, _, text = content.partition(b"\0")
        if key not in (_XMP_KEY, *_RAW_EXIF_KEYS) or key in self._seen:
            return
        self._seen.add(key)  # each is inflated once, lest many of them take long
        is_compressed = kind == b"zTXt"
        if kind == b"iTXt":
            is_compressed = text[:1] == b"\1"
            _language, _, text = text[2:].partition(b"\0")
            _translated, _, text = text.partition(b"\0")
        elif kind == b"zTXt":
            text = text[1:]
        if is_compressed:
            try:
                text = zlib.decompressobj().decompress(text, _LONGEST_TEXT)
            except zlib.error:
                return
        if key == _XMP_KEY:
            self.xmp = text[:_LONGEST_TEXT]
        elif self.exif is None:
            self.exif = _raw_profile(text[:_LONGEST_TEXT])


def _raw_profile(text: bytes) -> bytes | None:
    """EXIF as ImageMagick writes it: a name, a length, and hexadecimal digits."""
    digits = b"".join(text.split(b"\n")[3:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """(kind, content, checksum); the content of the last one may be cut off."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        kind, content = data[position + 4 : position + 8], data[position + 8 : end]
        yield kind, content, int.from_bytes(data[end : end + 4], "big")
        if kind == b"IEND":
            return
        position = end + 4


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return len(content).to_bytes(4, "big") + kind + content + checksum.to_bytes(4, "big")
