"""Strips from a JPEG all that does not draw it, and leaves its compressed pixels as they are.

Segments and surplus scans are left out by `captioning.images.jpeg`. What a camera or an app has
put between the last bits of the pixels and the end marker can only be told from them by decoding:
where other bytes in its place give the same picture, the picture does not need them.
"""

import io

from PIL import JpegImagePlugin

from captioning.images.comparing import fingerprint
from captioning.images.cost import MEMORY
from captioning.images.encoded import canvas, damaged
from captioning.images.jpeg import Jpeg, other_ending, parse

_PADDING = 2
"""Bytes of surplus that are not looked for: the last bits share theirs with padding."""


def stripped_jpeg(data: bytes) -> bytes:
    """The JPEG without EXIF, XMP, thumbnails, comments, application data, and what surrounds it.

    What tells how colours are stored stays, and so does the colour profile. Of several pictures
    in one file it is the first. It is not turned: see `Jpeg.orientation`.

    Raises:
        captioning.errors.ImageError: it is no JPEG that can be decoded, or pixels are missing.
    """
    return strip(parse(data))


def strip(jpeg: Jpeg) -> bytes:
    """See `stripped_jpeg`."""
    if not jpeg.is_ended and not jpeg.is_complete:
        raise damaged()
    width, height = jpeg.size
    coefficients = 2 * jpeg.samples * width * height if jpeg.is_buffered else 0
    with MEMORY.reserve(canvas(jpeg.size, 4) + int(coefficients)):
        try:
            _cut_surplus(jpeg)
        except (OSError, SyntaxError, ValueError) as error:
            raise damaged() from error
    return jpeg.build(profile=True)


def _cut_surplus(jpeg: Jpeg) -> None:
    """Shorten the last scan to what the picture needs."""
    scan = bytes(jpeg.parts[-1])
    picture = _drawn(jpeg.build())

    def is_enough(length: int) -> bool:
        jpeg.parts[-1] = scan[:length]
        return _drawn(jpeg.build(ending=other_ending(scan[:length]))) == picture

    if not jpeg.is_ended and not is_enough(len(scan)):
        raise damaged()
    enough, too_little = len(scan), len(scan) - _PADDING
    if is_enough(too_little):
        enough, too_little = too_little, 0
        while enough - too_little > 1:
            middle = (enough + too_little) // 2
            if is_enough(middle):
                enough = middle
            else:
                too_little = middle
    jpeg.parts[-1] = scan[:enough]
    if _drawn(jpeg.build()) != picture:
        jpeg.parts[-1] = scan


def _drawn(data: bytes) -> bytes:
    return fingerprint(JpegImagePlugin.JpegImageFile(io.BytesIO(data)))
