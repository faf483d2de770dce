"""Untrusted bytes to an upright RGB image, and images to a normalised batch of pixels.

This is the only module that opens images: a photo is decoded once for all models, and a bad
one fails alone, with an `ImageError`.
"""

import io
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from captioning.errors import (
    DamagedImageError,
    EmptyImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 70_000_000
TARGET_SIDE = 448

# Pillow tries only these, so that its rarer and less tested decoders never see a stranger's bytes.
# MPO, the cameras' several JPEGs in one file, comes with JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp", ".dib"}
)

# A file that starts so was meant to be an image, even where its header makes no sense.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF87a", b"GIF89a", b"RIFF")
_WHITE = (255, 255, 255, 255)
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


Source = bytes | BinaryIO | Path | Image.Image
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How an image becomes a model's input; a checkpoint stores it beside the weights."""

    size: int = 224
    """Side of the square input, in pixels."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from each channel (red, green, blue; of pixels between 0 and 1)."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Each channel is divided by it afterwards."""
    resize: Literal["squeeze", "centre-crop"] = "squeeze"
    """`squeeze` shows the model the whole photo, its sides scaled apart; `centre-crop` keeps the
    proportions and loses the edges."""
    resize_to: int | None = None
    """Length of the short side before a centre crop, in pixels; unused by `squeeze`."""
    both_sides: bool = False
    """Whether the encoder sees the photo's mirror image too, and the decoder the mean of both
    (`captioning.encoders.mean_of_both_sides`). It takes twice the time."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size must be at least 1, not {self.size}")
        if len(self.mean) != 3 or len(self.std) != 3:
            raise ValueError("mean and std must have three numbers each")
        if min(self.std) <= 0:
            raise ValueError(f"std must be above 0, not {self.std}")
        if self.resize not in ("squeeze", "centre-crop"):
            raise ValueError(f'resize must be "squeeze" or "centre-crop", not "{self.resize}"')
        if self.resize == "centre-crop" and (self.resize_to or 0) < self.size:
            raise ValueError(f"a centre crop needs resize_to of at least size ({self.size})")


def open_image(
    source: Source,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    target_side: int | None = TARGET_SIDE,
) -> Image.Image:
    """Return the image as upright RGB.

    Of an animation it is the first frame; what is transparent becomes white. An image whose
    short side has at least twice `target_side` pixels is scaled down by a whole number, never
    below `target_side` (None: keep every pixel); a JPEG then is never decoded in full. A Pillow
    image is accepted too, is made upright RGB, and is not scaled.

    Raises a subclass of `ImageError` when the bytes cannot be used, and `OSError` when a path
    cannot be read.
    """
    if isinstance(source, Image.Image):
        if 0 in source.size:
            raise EmptyImageError("The image has no pixels.")
        return _flatten(_without_rare_modes(_upright(source)))
    data = _read(source, max_bytes)
    # Pillow warns of large sizes, odd EXIF and the like; each is judged here instead.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        return _decode(data, max_pixels, target_side)


def open_images(sources: Sequence[Source]) -> list[Image.Image]:
    """`open_image` of several, on all cores; of those that cannot be used, the first raises."""
    return _in_parallel(open_image, sources)


def pixels(images: Sequence[Image.Image], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """Return the batch (B, 3, size, size) of normalised channels; `images` are RGB."""
    mean = np.asarray(preprocessing.mean, dtype=np.float32)
    std = np.asarray(preprocessing.std, dtype=np.float32)
    values = squares(images, preprocessing).astype(np.float32)
    return np.ascontiguousarray(((values / 255 - mean) / std).transpose(0, 3, 1, 2))


def squares(images: Sequence[Image.Image], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Return the batch (B, size, size, 3) of what a model sees; `images` are RGB."""
    side = preprocessing.size
    batch = np.empty((len(images), side, side, 3), dtype=np.uint8)
    scaled = _in_parallel(lambda image: squared(image, preprocessing), images)
    for row, image in zip(batch, scaled, strict=True):
        row[:] = np.asarray(image)
    return batch


def _in_parallel(function: Callable[[_Given], _Made], given: Sequence[_Given]) -> list[_Made]:
    """Pillow releases Python's lock while it decodes and scales."""
    if len(given) < 2:
        return [function(each) for each in given]
    return list(_threads().map(function, given))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="images")


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


def _decode(data: bytes, max_pixels: int, target_side: int | None) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        if data.startswith(_SIGNATURES):
            raise _damaged() from None
        raise UnsupportedImageError(
            "This is not an image in a format that can be read: JPEG, PNG, WebP, GIF or BMP."
        ) from None
    except (Image.DecompressionBombError, MemoryError):
        raise _too_many_pixels(max_pixels) from None
    except Exception as error:  # a decoder may raise anything at bytes made to break it
        raise _damaged() from error
    width, height = image.size
    if width == 0 or height == 0:
        raise EmptyImageError("The image has no pixels.")
    if width * height > max_pixels:
        raise _too_many_pixels(max_pixels)
    if target_side is not None:
        image.draft(None, (target_side, target_side))
    try:
        image.load()
    except (Image.DecompressionBombError, MemoryError):
        raise _too_many_pixels(max_pixels) from None
    except Exception as error:
        raise _damaged() from error
    simple = _without_rare_modes(image)
    factor = min(simple.size) // target_side if target_side else 1
    if factor > 1:
        simple = simple.reduce(factor)
    return _flatten(_upright(simple, image))


def _too_many_pixels(max_pixels: int) -> ImageTooLargeError:
    megapixels = f"{max_pixels / 1e6:.3g}"
    return ImageTooLargeError(
        f"The image has too many pixels: scale it down to {megapixels} megapixels or fewer."
    )


def _damaged() -> DamagedImageError:
    return DamagedImageError("The image is damaged or incomplete: fetch or send it again.")


def _without_rare_modes(image: Image.Image) -> Image.Image:
    """Return the image in one of the modes L, RGB, CMYK, LA and RGBA, which scale well."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow's own conversion would cut at 255
        wide = np.asarray(image).astype(np.int64).clip(0, 65535)
        return Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("L", "RGB", "CMYK", "LA", "RGBA"):
        return image
    return image.convert("RGB")


def _upright(image: Image.Image, described: Image.Image | None = None) -> Image.Image:
    """Undo the camera's rotation, which stands in the EXIF data of `described`."""
    try:
        orientation = (described or image).getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF: a photo on its side is better than none
        return image
    method = _TO_UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in ("LA", "RGBA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def squared(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Return the image as the (size, size) square that a model sees."""
    side = preprocessing.size
    if preprocessing.resize == "squeeze" or preprocessing.resize_to is None:
        return image.resize((side, side), Image.Resampling.BICUBIC)
    # Rounded as torchvision's Resize and CenterCrop do, for whose pixels imported models were made.
    shorter = min(image.size)
    width, height = (preprocessing.resize_to * length // shorter for length in image.size)
    left, top = round((width - side) / 2), round((height - side) / 2)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return image.crop((left, top, left + side, top + side))
