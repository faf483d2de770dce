"""Takes a JPEG file apart, to keep its pixels as they are and drop what tells about its owner."""

from PIL import ExifTags, Image

KEPT_SEGMENTS = {0xE0, 0xEE}
"""JFIF and Adobe: how colours are stored."""

_COLOUR_PROFILE = b"ICC_PROFILE\0"
_EXIF = b"Exif\0\0"
_START, _END, _SCAN, _EXIF_SEGMENT, _PROFILE_SEGMENT, _COMMENT = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xFE


class NotPlainJpegError(ValueError):
    """The bytes are no JPEG that is built by the book and stored the right way up."""


def without_metadata(data: bytes) -> bytes:
    """The same JPEG without EXIF (place, time, camera), XMP, comments, and what follows its end.

    Raises:
        NotPlainJpegError: `data` cannot be taken apart, or without EXIF would be shown turned.
    """
    if data[:2] != bytes((0xFF, _START)):
        raise NotPlainJpegError("There is no JPEG at the beginning.")
    kept = bytearray(data[:2])
    position = 2
    while True:
        position, marker = _marker(data, position)
        if marker == _END:
            return bytes(kept) + bytes((0xFF, _END))
        length = int.from_bytes(data[position : position + 2], "big")
        end = position + length
        if length < 2 or end > len(data):
            raise NotPlainJpegError("A segment is longer than the file.")
        content = data[position + 2 : end]
        if marker == _EXIF_SEGMENT and not _is_upright(content):
            raise NotPlainJpegError("The photo is stored turned.")
        if _is_kept(marker, content):
            kept += bytes((0xFF, marker)) + data[position:end]
        position = end
        if marker == _SCAN:
            position = _end_of_scan(data, position)
            kept += data[end:position]


def _is_kept(marker: int, content: bytes) -> bool:
    if marker == _PROFILE_SEGMENT:
        return content.startswith(_COLOUR_PROFILE)
    is_application = 0xE0 <= marker <= 0xEF
    return marker in KEPT_SEGMENTS if is_application else marker != _COMMENT


def _is_upright(content: bytes) -> bool:
    if not content.startswith(_EXIF):
        return True
    exif = Image.Exif()
    try:
        exif.load(content)
        return bool(exif.get(ExifTags.Base.Orientation, 1) == 1)
    except Exception:  # Pillow's reader raises all kinds of errors over damaged EXIF
        return False


def _marker(data: bytes, position: int) -> tuple[int, int]:
    """The marker at `position`, and where its content begins."""
    if position >= len(data) or data[position] != 0xFF:
        raise NotPlainJpegError("A marker is missing.")
    while position < len(data) and data[position] == 0xFF:
        position += 1
    if position >= len(data):
        raise NotPlainJpegError("The file ends too early.")
    return position + 1, data[position]


def _end_of_scan(data: bytes, position: int) -> int:
    """Where the compressed pixels from `position` on end: at a marker that is not part of them."""
    while (position := data.find(b"\xff", position)) >= 0 and position + 1 < len(data):
        following = data[position + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            position += 2
        elif following == 0xFF:
            position += 1
        else:
            return position
    raise NotPlainJpegError("The file ends too early.")
