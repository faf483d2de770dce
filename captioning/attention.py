"""Pictures of where a model looked, word by word."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# In pixels. A phone shows the whole width at less than half size, and words must stay legible.
TILE_WIDTH = 280
TALLEST_TILE = 315
GAP = 16
LINE_HEIGHT = 56
WORD_SIZE = 44
SMALLEST_WORD_SIZE = 12
TITLE_SIZE = 40
COLUMNS = (3, 4, 5)
PHONE = (390, 700)
"""Where the picture has to fit, in the units in which phones measure letters."""
BACKGROUND = (255, 255, 255)
INK = (32, 33, 36)


class Attentive(Protocol):
    """What is drawn of a caption."""

    @property
    def model(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def words(self) -> tuple[str, ...]: ...

    @property
    def attention(self) -> NDArray[np.float32] | None: ...


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# From little to much attention. Lightness rises all the way and the hues run from blue to yellow,
# so that the order shows to every kind of colour vision, and in print.
ANCHORS = np.array(
    [(24, 16, 64), (36, 64, 128), (72, 112, 144), (136, 152, 128), (208, 192, 80), (255, 236, 96)],
    dtype=np.float64,
)


def draw_attention(image: Image.Image, caption: Attentive) -> Image.Image:
    """Return one RGB picture: the photo, then the photo under a heat map for each word.

    The words stand above the tiles they belong to and wrap into rows: of three tiles, or more
    where a long caption shows larger on a phone that way. Each heat map is scaled to its own
    largest weight. Raises `ValueError` when the caption has no attention.
    """
    if caption.attention is None:
        raise ValueError(f"{caption.model} has no attention to draw")
    photo = _tile_of(image.convert("RGB"))
    tiles = [("", photo)]
    for word, weights in zip(caption.words, caption.attention, strict=False):
        tiles.append((word, overlay(photo, weights)))
    return _arrange(caption.text, tiles)


def overlay(photo: Image.Image, weights: NDArray[np.float32]) -> Image.Image:
    """Return `photo` (RGB) under the heat map of `weights` (rows, columns), smoothly enlarged."""
    heat = Image.fromarray(np.asarray(weights, dtype=np.float32))
    # Past the centres of the outer cells bicubic values can swing out of range.
    enlarged = np.asarray(heat.resize(photo.size, Image.Resampling.BICUBIC)).clip(0)
    strength = enlarged / max(float(enlarged.max()), 1e-12)  # (height, width), 0 to 1
    positions = np.linspace(0, 1, len(ANCHORS))
    colours = np.stack([np.interp(strength, positions, channel) for channel in ANCHORS.T], axis=-1)
    grey = np.asarray(photo.convert("L"), dtype=np.float64)[..., None]
    # The photo stays visible as light and shade; its own colours would be taken for heat.
    mixed = 0.6 * colours + 0.4 * grey
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def _tile_of(image: Image.Image) -> Image.Image:
    scale = min(TILE_WIDTH / image.width, TALLEST_TILE / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _arrange(text: str, tiles: list[tuple[str, Image.Image]]) -> Image.Image:
    title_font = ImageFont.load_default(TITLE_SIZE)
    cell_height = LINE_HEIGHT + tiles[0][1].height + GAP
    columns = _columns(len(tiles), cell_height)
    width = columns * (TILE_WIDTH + GAP) + GAP
    lines = _wrap(text, title_font, width - 2 * GAP)
    top = GAP + len(lines) * LINE_HEIGHT + GAP
    rows = -(-len(tiles) // columns)
    picture = Image.new("RGB", (width, top + rows * cell_height), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((GAP, GAP + number * LINE_HEIGHT), line, INK, title_font)
    for index, (word, tile) in enumerate(tiles):
        left = GAP + index % columns * (TILE_WIDTH + GAP)
        upper = top + index // columns * cell_height
        centre = left + TILE_WIDTH // 2
        draw.text((centre, upper + LINE_HEIGHT // 2), word, INK, _fitting_font(word), anchor="mm")
        picture.paste(tile, (centre - tile.width // 2, upper + LINE_HEIGHT))
    return picture


def _columns(tiles: int, cell_height: int) -> int:
    """Of how many columns a phone shows the words largest."""

    def scale(columns: int) -> float:
        width = columns * (TILE_WIDTH + GAP) + GAP
        height = -(-tiles // columns) * cell_height + 2 * LINE_HEIGHT
        return min(PHONE[0] / width, PHONE[1] / height)

    return max(COLUMNS, key=scale)


def _wrap(text: str, font: Font, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting_font(word: str) -> Font:
    for size in range(WORD_SIZE, SMALLEST_WORD_SIZE, -2):
        font = ImageFont.load_default(size)
        if font.getlength(word) <= TILE_WIDTH:
            return font
    return ImageFont.load_default(SMALLEST_WORD_SIZE)
