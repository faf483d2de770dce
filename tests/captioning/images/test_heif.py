import pytest
from image_files import encode, noise
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import DamagedImageError, ImageTooLargeError, UnsupportedImageError
from captioning.images import open_image
from captioning.images.heif import brands, inspect_avif, inspect_heif

BEST = {"HEIF": {"quality": 100, "chroma": 444}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}


def large() -> Image.Image:
    """So large that the edges between its colours do not matter."""
    return quarters().resize((256, 128), Image.Resampling.NEAREST)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_reads(form: str) -> None:
    image = open_image(encode(large(), form, **BEST[form]))
    assert (image.mode, image.size) == ("RGB", (256, 128))
    assert corner_colours(image) == COLOURS


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_scales_down(form: str) -> None:
    image = open_image(encode(large(), form, **BEST[form]), target_side=32)
    assert image.size == (64, 32)
    assert corner_colours(image) == COLOURS


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90)],
)
def test_is_turned_once(form: str, orientation: int, stored_as: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = large().transpose(stored_as)
    data = encode(stored, form, exif=exif.tobytes(), **BEST[form])
    assert corner_colours(open_image(data)) == COLOURS


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_shows_what_is_transparent_as_white(form: str) -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 64))
    opened = open_image(encode(image, form, **BEST[form]))
    assert min(opened.getpixel((50, 20))) > 245
    assert opened.getpixel((10, 20))[1] < 20


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_finds_out_that_pixels_are_missing(form: str) -> None:
    data = encode(noise(64, 64), form)
    for cut in (40, len(data) // 2, len(data) - 100):
        with pytest.raises(DamagedImageError):
            open_image(data[:cut])


def test_reckons_what_decoding_takes() -> None:
    area = 256 * 128
    assert inspect_heif(encode(large(), "HEIF")).memory >= 8 * area
    assert inspect_avif(encode(large(), "AVIF")).memory >= 10 * area
    for form in ("HEIF", "AVIF"):
        with pytest.raises(ImageTooLargeError):
            open_image(encode(large(), form), max_memory=8 * area)


def test_of_an_animation_the_first_frame_that_shows_something() -> None:
    white = Image.new("RGB", (256, 128), "white")
    data = encode(white, "AVIF", save_all=True, append_images=[large()], **BEST["AVIF"])
    assert corner_colours(open_image(data)) == COLOURS


def test_other_files_of_the_container_are_no_images() -> None:
    for kind in (b"mp42", b"isom", b"qt  ", b"crx "):
        data = b"\0\0\0\x18ftyp" + kind + b"\0\0\0\0" + kind + b"abcd" + bytes(100)
        assert brands(data) == {kind, b"abcd"}
        with pytest.raises(UnsupportedImageError):
            open_image(data)
