"""Opens images: finds out what a file is and costs, decodes it, and makes it upright RGB."""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from PIL import Image, ImageFile, JpegImagePlugin

from captioning.errors import (
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)
from captioning.images import bmp, gif, heif, jpeg, png, webp
from captioning.images.comparing import fingerprint
from captioning.images.cost import MAX_MEMORY, MAX_WORK, MEMORY
from captioning.images.encoded import (
    Animation,
    Encoded,
    canvas,
    damaged,
    rare,
    too_many_pixels,
    too_much_work,
)
from captioning.images.orientation import orientation_of, upright
from captioning.images.parallel import in_parallel
from captioning.images.simplifying import shows_something, simple, without_idle_alpha

MAX_BYTES = 64 * 1024 * 1024
TARGET_SIDE = 448

# Pillow's rarer and less tested decoders never see a stranger's bytes. MPO, the cameras' several
# JPEGs in one file, comes with JPEG.
MIME_TYPES = frozenset(
    {
        *("image/jpeg", "image/mpo", "image/png", "image/apng", "image/webp", "image/gif"),
        *("image/bmp", "image/heic", "image/heif", "image/avif"),
    }
)
SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif"),
        *(".bmp", ".dib", ".heic", ".heif", ".hif", ".avif"),
    }
)

Source = bytes | BinaryIO | Path | Image.Image
Result = TypeVar("Result")

_LONGEST = 16
"""Times the target: the longer side keeps no more, lest a batch of very long images grow large."""


def open_image(
    source: Source,
    *,
    max_bytes: int = MAX_BYTES,
    max_memory: int = MAX_MEMORY,
    target_side: int | None = TARGET_SIDE,
) -> Image.Image:
    """Return the image as upright RGB.

    Of an animation it is the first frame that shows something; what is transparent becomes white.
    An image whose short side has at least twice `target_side` pixels is scaled down by a whole
    number, never below `target_side` (None: keep every pixel) unless the long side would still
    have more than 16 times as many; a JPEG then is never decoded in full. A Pillow image is
    accepted too, is made upright RGB, and is not scaled.

    What decoding takes in memory and time is known and limited before it begins; where other
    threads are decoding, it waits until there is room in the budget that all share.

    Args:
        source: encoded bytes, a file, a path or a Pillow image.
        max_bytes: most bytes that the file may have.
        max_memory: most bytes that decoding may take.
        target_side: what the short side has to keep, in pixels.

    Raises a subclass of `ImageError` when the bytes cannot be used, and `OSError` when a path
    cannot be read.
    """
    if isinstance(source, Image.Image):
        if 0 in source.size:
            raise EmptyImageError("The image has no pixels.")
        return _guarded(lambda: _converted(source))
    data = _read(source, max_bytes)
    encoded = _guarded(lambda: _inspect(data, target_side))
    encoded, memory = _limited(encoded, max_memory, target_side)
    with MEMORY.reserve(memory + 2 * len(data)):
        return _guarded(lambda: _decode(encoded, target_side))


def open_images(sources: Sequence[Source]) -> list[Image.Image]:
    """`open_image` of several, on all cores; of those that cannot be used, the first raises."""
    return in_parallel(open_image, sources)


def _read(source: bytes | BinaryIO | Path, max_bytes: int) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = file.read(max_bytes + 1)
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        data = source.read(max_bytes + 1)
    if not data:
        raise EmptyImageError("The file is empty.")
    if len(data) > max_bytes:
        raise ImageTooLargeError(
            f"The file is too large: at most {_in_megabytes(max_bytes)} MB can be read."
        )
    return data


def _in_megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:.3g}"


def _guarded(work: Callable[[], Result]) -> Result:
    """Do what made-up bytes can make fail in any way, and raise nothing but `ImageError`."""
    # Pillow warns of large sizes, odd metadata and the like; each is judged here instead.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        try:
            return work()
        except ImageError:
            raise
        except (Image.DecompressionBombError, MemoryError):
            raise ImageTooLargeError(
                "The image needs more memory than there is: scale it down."
            ) from None
        except Exception as error:
            if "nsupported" in str(error):  # so say the libraries of HEIC and AVIF
                raise rare("image", "its coding is not known here") from error
            raise damaged() from error


def _converted(image: Image.Image) -> Image.Image:
    image.load()
    return simple(upright(image, orientation_of(image)), 1)


def _inspect(data: bytes, target_side: int | None) -> Encoded:
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.inspect(data, target_side)
    if data.startswith(png.SIGNATURE):
        return png.inspect(data)
    if webp.is_webp(data):
        return webp.inspect(data)
    if data.startswith(gif.SIGNATURES):
        return gif.inspect(data)
    if bmp.is_bmp(data):
        return bmp.inspect(data)
    if heif.is_avif(data):
        return heif.inspect_avif(data)
    if heif.is_heif(data):
        return heif.inspect_heif(data)
    raise UnsupportedImageError(
        "This is not an image in a format that can be read: "
        "JPEG, PNG, WebP, GIF, BMP, HEIC or AVIF."
    )


def _limited(encoded: Encoded, max_memory: int, target_side: int | None) -> tuple[Encoded, int]:
    """What to decode within the limits, and the bytes that it takes."""
    width, height = encoded.size
    pixels = width * height
    if pixels == 0:
        raise EmptyImageError("The image has no pixels.")
    if pixels > encoded.max_pixels:
        raise too_many_pixels(encoded.max_pixels)
    if pixels * encoded.passes > MAX_WORK:
        raise too_much_work()
    factor = _factor(encoded.size, target_side)
    result = canvas((-(-width // factor), -(-height // factor)), 4)
    result *= 1 if encoded.orientation == 1 else 2
    memory = encoded.memory + result
    if memory > max_memory:
        raise too_many_pixels(pixels * max_memory / memory)
    moving = encoded.animation
    if moving is None:
        return encoded, memory
    with_frames = moving.memory + 2 * result
    if with_frames > max_memory or pixels * moving.frames > MAX_WORK:
        return replace(encoded, animation=None), memory
    return encoded, max(memory, with_frames)


def _factor(size: tuple[int, int], target_side: int | None) -> int:
    """By what whole number to scale down."""
    if target_side is None:
        return 1
    return max(1, min(size) // target_side, -(-max(size) // (_LONGEST * target_side)))


def _decode(encoded: Encoded, target_side: int | None) -> Image.Image:
    other = encoded.twin and fingerprint(_opened(encoded, encoded.twin, target_side))
    image = _opened(encoded, encoded.data, target_side)
    image.load()
    if other and fingerprint(image) != other:
        raise damaged()
    if encoded.has_idle_alpha:
        without_idle_alpha(image)
    factor = _factor(image.size, target_side)
    result = simple(image, factor)
    if encoded.animation is not None and not shows_something(result):
        result = _first_shown(encoded, encoded.animation, factor) or result
    return upright(result, encoded.orientation)


def _opened(encoded: Encoded, data: bytes, target_side: int | None) -> ImageFile.ImageFile:
    image = encoded.decoder(io.BytesIO(data))
    if image.size != encoded.size:  # then what it costs is not what was reckoned
        raise damaged()
    if target_side is not None and isinstance(image, JpegImagePlugin.JpegImageFile):
        image.draft(None, (target_side, target_side))
    return image


def _first_shown(encoded: Encoded, animation: Animation, factor: int) -> Image.Image | None:
    """The first frame behind the first one that shows something; None when none does."""
    try:
        image = _opened(encoded, animation.data, None)
        for index in range(1, animation.frames):
            image.seek(index)
            image.load()
            if image.size != encoded.size:
                return None
            result = simple(image, factor)
            if shows_something(result):
                return result
    except Exception:  # a frame is missing or damaged: the first one has to do
        return None
    return None
