"""Pictures as Telegram makes them of what is sent: a photo in several sizes, a sticker."""

import io

from captioning.errors import ImageError
from captioning.images import open_image

MAX_PHOTO_RATIO = 20
PHOTO_SIDES = (("s", 90), ("m", 320), ("x", 800), ("y", 1280))  # longest sides, as Telegram's
STICKER_SIDE = 512


class PhotoRefusedError(Exception):
    """Bytes that Telegram does not take as a photo; the text is Telegram's word for why."""


def photo_sizes(data: bytes) -> list[tuple[str, int, int, bytes]]:
    """(letter, width, height, JPEG) of every size; re-encoded, so no metadata survives.

    Raises:
        PhotoRefusedError: the bytes are no picture, or one far too long.
    """
    largest_side = PHOTO_SIDES[-1][1]
    try:
        image = open_image(data, target_side=largest_side)
    except ImageError as error:
        raise PhotoRefusedError("IMAGE_PROCESS_FAILED") from error
    width, height = image.size
    if max(width, height) > MAX_PHOTO_RATIO * min(width, height):
        raise PhotoRefusedError("PHOTO_INVALID_DIMENSIONS")
    sizes = []
    for letter, side in PHOTO_SIDES:
        scaled = image.copy()
        scaled.thumbnail((side, side))
        buffer = io.BytesIO()
        scaled.save(buffer, "JPEG", quality=87, optimize=True)
        sizes.append((letter, scaled.width, scaled.height, buffer.getvalue()))
        if side >= max(width, height):
            break
    return sizes


def static_sticker(data: bytes) -> tuple[int, int, bytes]:
    """(width, height, WebP): the longer side has 512 pixels; a sticker that fits stays as it is.

    Raises:
        PhotoRefusedError: the bytes are no picture.
    """
    try:
        image = open_image(data, target_side=None)
    except ImageError as error:
        raise PhotoRefusedError("IMAGE_PROCESS_FAILED") from error
    if data[8:12] == b"WEBP" and max(image.size) == STICKER_SIDE:
        return image.width, image.height, data
    scale = STICKER_SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    buffer = io.BytesIO()
    image.resize((width, height)).save(buffer, "WEBP", quality=90)
    return width, height, buffer.getvalue()
