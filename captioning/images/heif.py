"""HEIF containers: HEIC (HEVC inside) and AVIF (AV1 inside), as ISO/IEC 23008-12 describes them.

Their libraries turn the picture themselves, by the container's own properties; the orientation in
its EXIF data tells the same once more.
"""

import io
from collections.abc import Callable
from typing import BinaryIO

from PIL import AvifImagePlugin, ImageFile

from captioning.errors import UnsupportedImageError
from captioning.images.cost import MAX_FRAMES
from captioning.images.encoded import Animation, Encoded, canvas
from captioning.images.orientation import read_orientation

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"mif1", b"mif2", b"msf1"),
}
_MAX_BRANDS = 64
# Planes of YCbCr in up to 16 bits, RGBA, a copy of it, and Pillow's own; measured, and rounded up.
_AVIF_BYTES_PER_PIXEL = 14.0
_HEIF_BYTES_PER_PIXEL = 12.0


def brands(data: bytes) -> set[bytes]:
    """What a file of ISO's base media format says that it can be read as."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MAX_BRANDS, len(data))
    return {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}


def is_avif(data: bytes) -> bool:
    return not _AVIF_BRANDS.isdisjoint(brands(data))


def is_heif(data: bytes) -> bool:
    return not _HEIF_BRANDS.isdisjoint(brands(data))


def inspect_avif(data: bytes) -> Encoded:
    """Find out what decoding costs; the header is read by the decoder itself."""
    image = AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    memory = canvas(image.size, _AVIF_BYTES_PER_PIXEL)
    frames = min(image.n_frames, MAX_FRAMES)
    return Encoded(
        decoder=AvifImagePlugin.AvifImageFile,
        data=data,
        size=image.size,
        memory=memory,
        # Pillow writes there how the container wants to be turned.
        orientation=read_orientation(image.info.get("exif"), None),
        animation=Animation(data, frames, memory) if frames > 1 else None,
    )


def inspect_heif(data: bytes) -> Encoded:
    """Find out what decoding costs; the header is read by the decoder itself."""
    decoder = _heif_decoder()
    size = decoder(io.BytesIO(data)).size
    return Encoded(
        decoder=decoder, data=data, size=size, memory=canvas(size, _HEIF_BYTES_PER_PIXEL)
    )


def _heif_decoder() -> Callable[[BinaryIO], ImageFile.ImageFile]:
    try:  # here, so that only who has such a file waits for it
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError as error:
        raise UnsupportedImageError("To read HEIC, install the package pillow-heif.") from error
    return HeifImageFile
