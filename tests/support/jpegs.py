"""A photo whose file tells about its owner."""

import io

import numpy as np
from PIL import Image

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def noise() -> Image.Image:
    values = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(values)


def jpeg(orientation: int | None = None, **options: object) -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "Camera of Alice"
    exif.get_ifd(GPS)[1] = "N"
    if orientation is not None:
        exif[ORIENTATION] = orientation
    buffer = io.BytesIO()
    noise().save(buffer, "JPEG", exif=exif, comment=b"Alice at home", **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
