"""Untrusted bytes to an upright RGB image, and images to a normalised batch of pixels.

This is the only package that opens images: a photo is decoded once for all models, and a bad one
fails alone, with an `ImageError`. A file is first taken apart by its container's module (`jpeg`,
`png`, `webp`, `gif`, `bmp`, `heif`), which finds out what decoding would cost and leaves the
decoder nothing but what draws the picture; `cost` has the limits.
"""

from captioning.images.opening import (
    MAX_BYTES,
    MIME_TYPES,
    SUFFIXES,
    TARGET_SIDE,
    Source,
    open_image,
    open_images,
)
from captioning.images.orientation import read_orientation
from captioning.images.preprocessing import Preprocessing, pixels, squared, squares
from captioning.images.stripping import stripped_jpeg

__all__ = [
    "MAX_BYTES",
    "MIME_TYPES",
    "SUFFIXES",
    "TARGET_SIDE",
    "Preprocessing",
    "Source",
    "open_image",
    "open_images",
    "pixels",
    "read_orientation",
    "squared",
    "squares",
    "stripped_jpeg",
]
