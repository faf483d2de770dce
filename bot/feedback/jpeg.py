"""Keeps the pixels of a JPEG as they are and drops what tells about its owner."""

from captioning import ImageError
from captioning.images.jpeg import parse
from captioning.images.stripping import strip


class NotPlainJpegError(ValueError):
    """The bytes are no JPEG that can be kept as it is and is stored the right way up."""


def without_metadata(data: bytes) -> bytes:
    """The same JPEG with nothing but what draws the photo.

    EXIF (place, time, camera), XMP, thumbnails, comments, the data of applications, and what stands
    around the pixels are gone; the colour profile stays.

    Raises:
        NotPlainJpegError: `data` cannot be taken apart, or without EXIF or XMP would be shown
            turned.
    """
    try:
        jpeg = parse(data)
        if jpeg.orientation != 1:
            raise NotPlainJpegError("The photo is stored turned.")
        return strip(jpeg)
    except ImageError as error:
        raise NotPlainJpegError(str(error)) from error
