"""Decoded images of any mode to RGB, scaled down, a band of rows at a time.

Bands keep small what a conversion takes: whole, there is only what was decoded and the result.
"""

import numpy as np
from PIL import Image

_BAND_PIXELS = 1_000_000
_WHITE = (255, 255, 255, 255)


def simple(image: Image.Image, factor: int) -> Image.Image:
    """Return the image in RGB, on white, scaled down by a whole number."""
    if image.mode in ("L", "RGB", "CMYK") and not image.has_transparency_data:
        return _in_rgb(_reduced(image, factor))
    width, height = image.size
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(1, _BAND_PIXELS // (width * factor)) * factor
    for top in range(0, height, rows):
        band = _scalable(image.crop((0, top, width, min(top + rows, height))))
        result.paste(_in_rgb(_reduced(band, factor)), (0, top // factor))
    return result


def without_idle_alpha(image: Image.Image) -> Image.Image:
    """Make an image opaque whose alpha is zero everywhere."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        image.putalpha(255)
    return image


def shows_something(image: Image.Image) -> bool:
    """Whether an image in RGB has more than one colour."""
    return any(low != high for low, high in image.getextrema())  # type: ignore[misc]


def _scalable(image: Image.Image) -> Image.Image:
    """Return the image in one of the modes L, RGB, CMYK, LA and RGBA, which scale well."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow's own conversion would cut at 255
        wide = np.asarray(image).clip(0, 65535).astype(np.uint32)
        # Divided by 257 and rounded, in a quarter of a division's time.
        return Image.fromarray((wide * 255 + 32895 >> 16).astype(np.uint8))
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("L", "RGB", "CMYK", "LA", "RGBA"):
        return image
    return image.convert("RGB")


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    return image.reduce(factor) if factor > 1 else image


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("LA", "RGBA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return image if image.mode == "RGB" else image.convert("RGB")
