"""Drawn pictures, for where photographs are not needed or not there."""

import io

from PIL import Image, ImageDraw, ImageFilter


def draw_scene(number: int) -> bytes:
    """A dog-like figure on a meadow; position and colours differ from number to number."""
    image = Image.new("RGB", (640, 480))
    draw = ImageDraw.Draw(image)
    for row in range(480):
        sky, grass = (120 + row // 3, 170 + row // 6, 235), (60, 150 - row // 8, 50 + 8 * number)
        draw.line((0, row, 640, row), fill=sky if row < 260 else grass)
    left, coat = 130 + 45 * number, (110 + 25 * number, 75 + 8 * number, 40)
    draw.ellipse((left, 250, left + 190, 340), fill=coat)
    draw.ellipse((left + 150, 200, left + 240, 280), fill=coat)
    draw.polygon([(left + 165, 215), (left + 180, 170), (left + 200, 210)], fill=(60, 40, 25))
    for leg in (25, 60, 125, 160):
        draw.rectangle((left + leg, 320, left + leg + 16, 400), fill=coat)
    draw.line((left + 5, 280, left - 40, 230), fill=coat, width=14)
    draw.ellipse((left + 205, 228, left + 217, 240), fill="black")
    image = image.filter(ImageFilter.GaussianBlur(1.5))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def quarters() -> Image.Image:
    """A 64 x 32 picture whose quarters are red, green, blue and white, in reading order."""
    image = Image.new("RGB", (64, 32), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 31, 15), fill=(255, 0, 0))
    draw.rectangle((32, 0, 63, 15), fill=(0, 255, 0))
    draw.rectangle((0, 16, 31, 31), fill=(0, 0, 255))
    return image


COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
"""Of `quarters`, in reading order."""


def corner_colours(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, each channel rounded to 0 or 255."""
    width, height = image.size
    points = [(x * width // 4, y * height // 4) for y in (1, 3) for x in (1, 3)]
    return [tuple(255 if channel > 127 else 0 for channel in image.getpixel(at)) for at in points]
