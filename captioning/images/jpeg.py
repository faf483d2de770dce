"""Takes a JPEG apart, and puts together what draws the picture.

See ITU-T T.81, annex B, for the markers. Everything but frame, tables, scans and the two segments
that tell how colours are stored is left out: thumbnails, application data, comments, and what
stands between the segments and behind the last scan.
"""

import re
from dataclasses import dataclass, field

from PIL import JpegImagePlugin

from captioning.images.cost import MAX_JPEG_PIXELS, MAX_SCANS, MAX_SEGMENTS
from captioning.images.encoded import Encoded, canvas, count_parts, damaged, rare
from captioning.images.orientation import read_orientation

SIGNATURE = b"\xff\xd8\xff"

_START, _END, _SCAN, _RESTART_INTERVAL = 0xD8, 0xD9, 0xDA, 0xDD
_JFIF, _METADATA, _PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_TABLES = {0xDB, 0xC4, 0xCC, _RESTART_INTERVAL}  # quantisation, Huffman, arithmetic conditioning
_STANDALONE = {0x01, *range(0xD0, _END)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_RARE_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}  # lossless, hierarchical
_PROGRESSIVE = {0xC2, 0xCA}
_MARKER = re.compile(rb"\xff[^\x00\xff]")
# Inside a scan 0xFF is followed by 0, or by the number of a restart.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_EXIF_ID, _XMP_ID, _PROFILE_ID = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_PROFILE_HEADER = 128

_END_MARKER = bytes((0xFF, _END))


@dataclass(slots=True)
class Jpeg:
    """What stands in a JPEG, without its pixels being decoded."""

    size: tuple[int, int]
    """Width and height in pixels."""
    is_progressive: bool
    samples: float
    """Stored numbers for each pixel, of all channels together."""
    parts: list[bytes | memoryview] = field(default_factory=list)
    """What draws the picture, in its order; the last one ends with the last bits of the pixels."""
    scans: int = 0
    is_buffered: bool = False
    """Whether the decoder has to hold all coefficients, as several scans share them."""
    is_ended: bool = False
    """Whether an end marker follows the pixels."""
    is_complete: bool = False
    """Whether no further scan is needed."""
    exif: bytes | None = None
    xmp: bytes | None = None
    profile: bytes | None = None
    """An ICC colour profile."""

    @property
    def orientation(self) -> int:
        """Which way up it is stored: see `captioning.images.orientation`."""
        return read_orientation(self.exif, self.xmp)

    def build(self, *, profile: bool = False, ending: bytes = b"") -> bytes:
        """The JPEG again, with its end marker and nothing that the picture does not need.

        Args:
            profile: whether the colour profile belongs to it.
            ending: bytes between the last scan and the end marker.
        """
        start = [bytes((0xFF, _START))]
        if profile and self.profile is not None:
            start += _profile_segments(self.profile)
        return b"".join((*start, *self.parts, ending, _END_MARKER))


def other_ending(scan: bytes) -> bytes:
    """Bytes that no picture ends with: who still needs some behind `scan` gets another picture.

    Bits come in many shapes, each with the number of a restart behind it, the expected one first.
    """
    position, number = max((scan.rfind(bytes((0xFF, 0xD0 + n))), n) for n in range(8))
    following = number + 1 if position >= 0 else 0
    return b"".join(
        bytes(1 + (211 + 37 * n + 11 * index + 5 * index * index) % 251 for index in range(64))
        + bytes((0xFF, 0xD0 + (following + n) % 8))
        for n in range(32)
    )


def inspect(data: bytes, target_side: int | None) -> Encoded:
    """Find out what decoding costs when the short side has to keep `target_side` pixels.

    Raises:
        captioning.errors.ImageError: it cannot be decoded.
    """
    jpeg = parse(data)
    if not jpeg.is_ended and not jpeg.is_complete:
        raise damaged()
    scale = 1
    if target_side is not None:  # as Pillow's draft() chooses it
        scale = max(s for s in (8, 4, 2, 1) if s == 1 or min(jpeg.size) // target_side >= s)
    scaled = (-(-jpeg.size[0] // scale), -(-jpeg.size[1] // scale))
    pixels = jpeg.size[0] * jpeg.size[1]
    coefficients = int(2 * jpeg.samples * pixels) if jpeg.is_buffered else 0
    return Encoded(
        decoder=JpegImagePlugin.JpegImageFile,
        data=jpeg.build(),
        size=jpeg.size,
        memory=canvas(scaled, 4) + coefficients,
        passes=jpeg.scans if jpeg.is_buffered else 1,
        max_pixels=MAX_JPEG_PIXELS,
        orientation=jpeg.orientation,
        twin=None if jpeg.is_ended else jpeg.build(ending=other_ending(bytes(jpeg.parts[-1]))),
    )


def parse(data: bytes) -> Jpeg:
    """Take a JPEG apart. Of several in one file (MPO) it is the first.

    Raises:
        captioning.errors.DamagedImageError: something is missing before the pixels.
        captioning.errors.UnsupportedVariantError: nobody here can decode this kind.
        captioning.errors.ImageTooLargeError: it has far too many segments or scans.
    """
    if not data.startswith(SIGNATURE):
        raise damaged()
    jpeg: Jpeg | None = None
    before: list[bytes | memoryview] = []  # what the picture needs from before its frame
    metadata: dict[bytes, bytes] = {}
    profile_parts: list[bytes] = []
    progress = _Progress()
    position, count = 2, 0
    while True:
        count_parts(count := count + 1, MAX_SEGMENTS)
        position, marker = _next_marker(data, position)
        if jpeg is not None and marker == _END:
            jpeg.is_ended = jpeg.scans > 0
        if marker is None or marker == _END or (jpeg is not None and jpeg.is_complete):
            break
        if marker in _STANDALONE:
            continue
        end = position + int.from_bytes(data[position : position + 2], "big")
        if end < position + 2 or end > len(data):
            break
        content = data[position + 2 : end]
        segment = bytes((0xFF, marker)) + data[position:end]
        position = end
        if marker in _FRAMES:
            if jpeg is not None:
                break
            jpeg = _frame(marker, content)
            progress.expect(content, is_progressive=jpeg.is_progressive)
            jpeg.parts = [*before, segment]
        elif marker == _SCAN:
            if jpeg is None or not content:
                break
            jpeg.scans += 1
            count_parts(jpeg.scans, MAX_SCANS)
            jpeg.is_buffered |= jpeg.is_progressive or content[0] < progress.channels
            position = _end_of_scan(data, end)
            jpeg.parts += [segment, memoryview(data)[end:position]]
            progress.scanned(content)
            jpeg.is_complete = progress.is_complete
        elif marker in _TABLES:
            (before if jpeg is None else jpeg.parts).append(segment)
        elif kept := _colour_segment(marker, content):
            (before if jpeg is None else jpeg.parts).append(kept)
        elif marker == _METADATA:
            for name in (_EXIF_ID, _XMP_ID):
                if content.startswith(name):
                    metadata.setdefault(name, content[len(name) :])
        elif marker == _PROFILE and content.startswith(_PROFILE_ID):
            profile_parts.append(content[len(_PROFILE_ID) :])
    if jpeg is None or jpeg.scans == 0:
        raise damaged()
    jpeg.exif, jpeg.xmp = metadata.get(_EXIF_ID), metadata.get(_XMP_ID)
    jpeg.profile = _profile(profile_parts)
    return jpeg


def _next_marker(data: bytes, position: int) -> tuple[int, int | None]:
    """Where the content of the next marker begins, and which it is; None when there is none."""
    found = _MARKER.search(data, position)
    return (len(data), None) if found is None else (found.end(), data[found.end() - 1])


def _end_of_scan(data: bytes, position: int) -> int:
    found = _MARKER_AFTER_SCAN.search(data, position)
    end = len(data) if found is None else found.start()
    if data[end - 1] == 0xFF:  # fill bytes, or half of the end marker
        end = position + len(data[position:end].rstrip(b"\xff"))
    return end


def _frame(marker: int, content: bytes) -> Jpeg:
    if len(content) < 6 or len(content) < 6 + 3 * content[5]:
        raise damaged()
    bits, channels = content[0], content[5]
    if marker in _RARE_FRAMES:
        raise rare("JPEG", "lossless or hierarchical")
    if bits == 12:
        raise rare("JPEG", "12 bits a channel")
    height, width = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
    factors = [divmod(content[7 + 3 * index], 16) for index in range(channels)]
    if bits != 8 or any(not (1 <= h <= 4 and 1 <= v <= 4) for h, v in factors):
        raise damaged()
    if channels not in (1, 3, 4):
        raise rare("JPEG", f"{channels} channels")
    if width and not height:
        raise rare("JPEG", "its height stands behind its pixels")
    widest, highest = max(h for h, _ in factors), max(v for _, v in factors)
    samples = sum(h * v for h, v in factors) / (widest * highest)
    return Jpeg((width, height), marker in _PROGRESSIVE, samples)


class _Progress:
    """Which coefficients of which channel have been sent to their last bit."""

    def __init__(self) -> None:
        self.channels = 0
        self._missing: set[tuple[int, int]] = set()
        self._is_progressive = False

    def expect(self, frame: bytes, *, is_progressive: bool) -> None:
        self.channels = frame[5]
        self._is_progressive = is_progressive
        coefficients = range(64) if is_progressive else range(1)
        self._missing = {
            (frame[6 + 3 * index], k) for index in range(self.channels) for k in coefficients
        }

    def scanned(self, scan: bytes) -> None:
        channels = scan[1 : 1 + 2 * scan[0] : 2]
        first, last, bits = 0, 0, 0
        if self._is_progressive and len(scan) >= 4:
            first, last, bits = scan[-3], scan[-2], scan[-1] & 15
        if bits == 0:
            self._missing -= {(channel, k) for channel in channels for k in range(first, last + 1)}

    @property
    def is_complete(self) -> bool:
        return not self._missing


def _colour_segment(marker: int, content: bytes) -> bytes:
    """A JFIF or Adobe segment without thumbnail and surplus; empty for anything else."""
    if marker == _JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
        content = content[:12] + b"\0\0"
    elif marker == _ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
        content = content[:12]
    else:
        return b""
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _profile(parts: list[bytes]) -> bytes | None:
    """The colour profile in numbered parts; None unless it is whole, and nothing but a profile."""
    parts = sorted(parts)
    numbers = [tuple(part[:2]) for part in parts]
    if numbers != [(number, len(parts)) for number in range(1, len(parts) + 1)]:
        return None
    profile = b"".join(part[2:] for part in parts)
    length = int.from_bytes(profile[:4], "big")
    if profile[36:40] != b"acsp" or not _PROFILE_HEADER <= length <= len(profile):
        return None
    return profile[:length]


def _profile_segments(profile: bytes) -> list[bytes]:
    room = 0xFFFF - 2 - len(_PROFILE_ID) - 2
    pieces = [profile[start : start + room] for start in range(0, len(profile), room)]
    contents = [
        _PROFILE_ID + bytes((number, len(pieces))) + piece for number, piece in enumerate(pieces, 1)
    ]
    return [
        bytes((0xFF, _PROFILE)) + (len(content) + 2).to_bytes(2, "big") + content
        for content in contents
    ]
