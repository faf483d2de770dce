"""Small image files for tests, and the parts that they are put together from."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    if format == "HEIF":  # no plugin is registered with Pillow: nobody but a test would need it
        pillow_heif.from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def png_chunk(kind: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width: int, height: int, depth: int, colours: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG of `rows` (each with its filter byte before it) and `more` chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"".join(
        (
            PNG_START,
            png_chunk(b"IHDR", header),
            *more,
            png_chunk(b"IDAT", zlib.compress(rows)),
            png_chunk(b"IEND", b""),
        )
    )


def with_png_chunk(data: bytes, chunk: bytes) -> bytes:
    """Put a chunk behind the header."""
    return data[:33] + chunk + data[33:]


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def with_jpeg_segment(data: bytes, marker: int, content: bytes) -> bytes:
    """Put a segment before all others."""
    return data[:2] + jpeg_segment(marker, content) + data[2:]


def bmp(width: int, height: int, bits: int, masks: tuple[int, ...], pixels: bytes) -> bytes:
    """A BMP whose colours stand where `masks` (red, green, blue, alpha) say."""
    header = struct.pack("<IiiHHIIiiII", 56, width, height, 1, bits, 3, len(pixels), 0, 0, 0, 0)
    header += struct.pack("<IIII", *masks)
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + pixels
