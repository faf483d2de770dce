"""A file that was taken apart and not yet decoded; and how it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ImageFile

from captioning.errors import DamagedImageError, ImageTooLargeError, UnsupportedVariantError
from captioning.images.cost import MAX_PARTS, MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Animation:
    """A file with its first frames, for when the first one shows nothing."""

    data: bytes
    frames: int
    """At most so many are in it."""
    memory: int
    """Bytes that decoding them one after the other takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One picture, still compressed."""

    decoder: Callable[[BinaryIO], ImageFile.ImageFile]
    data: bytes
    """What the decoder gets: nothing but what draws the picture, where the container allows it."""
    size: tuple[int, int]
    """Width and height as they are stored, in pixels."""
    memory: int
    """Bytes that decoding takes, without the result in RGB (see `canvas`)."""
    passes: int = 1
    """Over all pixels."""
    max_pixels: int = MAX_PIXELS
    orientation: int = 1
    """As EXIF counts it, from 1 (upright) to 8."""
    twin: bytes | None = None
    """The same picture with other bytes where its end is missing. A decoder that needs them finds
    another picture in it; then the pixels are not all there."""
    animation: Animation | None = None
    has_idle_alpha: bool = False
    """Whether alpha that is zero everywhere means that there is none."""


def canvas(size: tuple[int, int], bytes_per_pixel: float) -> int:
    """Bytes that Pillow takes for an image: no row has fewer than four, and each has a pointer."""
    width, height = size
    return height * (8 + max(4, int(width * bytes_per_pixel)))


def damaged() -> DamagedImageError:
    return DamagedImageError("The image is damaged or incomplete: fetch or send it again.")


def too_many_pixels(limit: float) -> ImageTooLargeError:
    return ImageTooLargeError(
        "The image has too many pixels: "
        f"scale it down to {int(limit / 1e5) / 10:g} megapixels or fewer."
    )


def too_much_work() -> ImageTooLargeError:
    return ImageTooLargeError(
        "The image is stored in so many pieces that decoding takes too long: save it anew."
    )


def rare(kind: str, what: str) -> UnsupportedVariantError:
    return UnsupportedVariantError(
        f"This kind of {kind} cannot be read ({what}): save it as an ordinary JPEG or PNG."
    )


def count_parts(parts: int, most: int = MAX_PARTS) -> None:
    """Raise `ImageTooLargeError` when a file has more parts than any honest one."""
    if parts > most:
        raise too_much_work()
