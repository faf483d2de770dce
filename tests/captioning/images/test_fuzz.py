"""Seeded damage to small files of every kind: nothing but an `ImageError` ever comes out."""

import random
from collections import Counter

import pytest
from image_files import bmp, encode, noise
from PIL import Image, ImageFile

from captioning.errors import ImageError
from captioning.images import open_image, stripped_jpeg

VARIANTS = 400
MOST_PIXELS = 4_000_000
"""That may be decoded of one damaged file: these are given little memory."""


def originals() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = noise(24, 24)
    clear = Image.new("RGBA", (24, 24), (0, 0, 0, 0))
    moving = {"save_all": True, "append_images": [photo.convert("RGBA"), clear]}
    return {
        "jpeg": encode(photo, "JPEG", exif=exif, icc_profile=bytes(200)),
        "progressive": encode(photo, "JPEG", progressive=True, xmp=b'tiff:Orientation="3"'),
        "restarts": encode(photo, "JPEG", restart_marker_rows=1),
        "cmyk": encode(photo.convert("CMYK"), "JPEG"),
        "mpo": encode(photo, "MPO", save_all=True, append_images=[photo]),
        "png": encode(photo, "PNG", exif=exif, icc_profile=bytes(200)),
        "palette": encode(photo.convert("P"), "PNG", transparency=3),
        "apng": encode(clear, "PNG", **moving),
        "webp": encode(photo, "WEBP", exif=exif.tobytes()),
        "lossless": encode(photo, "WEBP", lossless=True),
        "moving webp": encode(clear, "WEBP", lossless=True, **moving),
        "gif": encode(photo, "GIF"),
        "moving gif": encode(clear, "GIF", **moving),
        "bmp": encode(photo, "BMP"),
        "bmp alpha": bmp(8, 8, 32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), bytes(256)),
        "avif": encode(photo, "AVIF", exif=exif.tobytes()),
        "heic": encode(photo, "HEIF", exif=exif.tobytes()),
    }


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Flip, cut, insert, repeat or remove bytes; the beginning, with its lengths, most often."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        end = len(result) if dice.random() < 0.3 else min(len(result), 400)
        at = dice.randrange(max(1, end))
        kind = dice.randrange(6)
        if kind <= 1 and result:
            result[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        elif kind == 2:
            del result[at : at + dice.randrange(1, 40)]
        elif kind == 3:
            result[at:at] = dice.randbytes(dice.randrange(1, 40))
        elif kind == 4:
            result[at:at] = result[at : at + dice.randrange(1, 200)]
        elif dice.random() < 0.5:
            del result[dice.randrange(len(result) + 1) :]
    return bytes(result)


@pytest.fixture
def decoded_pixels(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pixels were decoded so far, file by file."""
    counts: list[int] = []
    load = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> object:
        counts.append(image.size[0] * image.size[1])
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    return counts


@pytest.mark.parametrize("name", originals())
def test_damage_raises_nothing_but_image_errors(name: str, decoded_pixels: list[int]) -> None:
    data = originals()[name]
    assert open_image(data).size in ((24, 24), (8, 8))
    dice = random.Random(f"images {name}")
    outcomes: Counter[str] = Counter()
    for number in range(VARIANTS):
        candidate = damaged(data, dice)
        decoded_pixels.clear()
        try:
            image = open_image(
                candidate, max_memory=4 * MOST_PIXELS, target_side=dice.choice((None, 8, 448))
            )
        except ImageError as error:
            outcomes[type(error).__name__] += 1
            assert str(error).endswith("."), number
        else:
            outcomes["read"] += 1
            assert image.mode == "RGB"
            assert min(image.size) > 0
        assert sum(set(decoded_pixels)) <= MOST_PIXELS, number
    assert outcomes["read"], outcomes
    assert outcomes["DamagedImageError"], outcomes


@pytest.mark.parametrize("name", ["jpeg", "progressive", "restarts", "mpo"])
def test_damaged_jpegs_are_stripped_or_refused(name: str) -> None:
    data = originals()[name]
    dice = random.Random(f"stripping {name}")
    outcomes: Counter[str] = Counter()
    for _ in range(VARIANTS // 4):
        try:
            stripped = stripped_jpeg(damaged(data, dice))
        except ImageError as error:
            outcomes[type(error).__name__] += 1
        else:
            outcomes["stripped"] += 1
            assert open_image(stripped).mode == "RGB"
            assert stripped_jpeg(stripped) == stripped
    assert outcomes["stripped"], outcomes
    assert outcomes["DamagedImageError"], outcomes
