"""Photos to send: no two have the same bytes, or the bot would answer from what it knows."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from bot.loadtest.errors import LoadTestError
from captioning.images import open_image

SIZE = (1280, 960)
"""What Telegram makes of a photo of a telephone, in pixels."""
_DRAWN = 12
_QUALITY = 87


def load_photos(folder: Path | None, at_most: int = 200) -> list[tuple[bytes, int, int]]:
    """JPEGs with their width and height, from a folder (with all in it) or drawn.

    Raises:
        LoadTestError: there are none.
    """
    if folder is None:
        return [_drawn(number) for number in range(_DRAWN)]
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not paths:
        raise LoadTestError(f"There is no JPEG in {folder}.")
    return [_read(path) for path in paths[:at_most]]


def unique(jpeg: bytes, number: int) -> bytes:
    """The same picture in other bytes: with a comment that holds a number."""
    comment = str(number).encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _drawn(number: int) -> tuple[bytes, int, int]:
    """Soft shapes with some grain: as large as a file, and as slow to decode, as a photograph."""
    draws = np.random.default_rng(number)
    colours = draws.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(colours).resize(SIZE, Image.Resampling.BICUBIC), np.float32)
    grain = draws.normal(0, 6, soft.shape).astype(np.float32)
    return _encoded(Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)))


def _read(path: Path) -> tuple[bytes, int, int]:
    image = open_image(path)
    image.thumbnail(SIZE)
    return _encoded(image)


def _encoded(image: Image.Image) -> tuple[bytes, int, int]:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue(), image.width, image.height
