"""Whether two decoded images are the same, without both being in memory."""

import hashlib

from PIL import Image

_BAND_PIXELS = 1_000_000


def fingerprint(image: Image.Image) -> bytes:
    """A number of 32 bytes that images share only when their size, mode and pixels are equal."""
    width, height = image.size
    digest = hashlib.blake2b(f"{image.mode} {width} {height}".encode(), digest_size=32)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        digest.update(image.crop((0, top, width, min(top + rows, height))).tobytes())
    return digest.digest()
