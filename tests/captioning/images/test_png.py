import struct
import zlib

import numpy as np
import pytest
from image_files import encode, noise, png, png_chunk, with_png_chunk
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import DamagedImageError, ImageTooLargeError, UnsupportedVariantError
from captioning.images import open_image
from captioning.images.cost import MAX_FRAMES, MAX_PARTS
from captioning.images.png import inspect

XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
MANY = bytes(1_200_000)


def text(key: bytes, content: bytes) -> bytes:
    return png_chunk(b"zTXt", key + b"\0\0" + zlib.compress(content))


def international_text(key: bytes, content: bytes, *, compressed: bool) -> bytes:
    start = key + b"\0" + bytes((compressed, 0)) + b"\0\0"
    return png_chunk(b"iTXt", start + (zlib.compress(content) if compressed else content))


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(MANY)),
        png_chunk(b"iCCP", b""),
        png_chunk(b"iCCP", b"profile\0\0damaged", checksum=7),
        text(b"Comment", MANY),
        png_chunk(b"tEXt", b"Comment\0wrong", checksum=7),
        international_text(b"XML:com.adobe.xmp", MANY, compressed=True),
        international_text(b"XML:com.adobe.xmp", MANY, compressed=False),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp"),
        png_chunk(b"zTXt", b"XML:com.adobe.xmp\0\0no zlib"),
        png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 2\nno")),
        png_chunk(b"sRGB", b""),
        png_chunk(b"gAMA", b"\0"),
        png_chunk(b"pHYs", b"\0\0"),
        png_chunk(b"cHRM", b"\0"),
        png_chunk(b"acTL", b"\0"),
        png_chunk(b"acTL", b"\0\0\0\2\0\0\0\0"),
        png_chunk(b"fcTL", b"\0"),
        png_chunk(b"tRNS", b""),
        png_chunk(b"eXIf", b"\0"),
        png_chunk(b"puBl", b"?", checksum=7),
    ],
    ids=lambda chunk: chunk[4:8].decode(),
)
def test_chunks_beside_the_pixels_decide_nothing(chunk: bytes) -> None:
    data = encode(quarters(), "PNG")
    assert corner_colours(open_image(with_png_chunk(data, chunk))) == COLOURS
    end = data.rindex(b"IEND") - 4
    assert corner_colours(open_image(data[:end] + chunk + data[end:])) == COLOURS
    assert corner_colours(open_image(data[:end] + chunk[:-5])) == COLOURS


def test_a_wrong_checksum_of_the_header_does_decide() -> None:
    data = bytearray(encode(quarters(), "PNG"))
    data[19] += 1
    with pytest.raises(DamagedImageError):
        open_image(bytes(data))


def test_finds_out_that_pixels_are_missing() -> None:
    data = encode(noise(32, 32), "PNG")
    pixels, end = data.index(b"IDAT") + 4, data.rindex(b"IEND") - 8
    for cut in range(pixels, end - 8, 53):
        with pytest.raises(DamagedImageError):
            open_image(data[:cut])


def test_a_palette_is_needed_where_colours_have_numbers() -> None:
    rows = b"\0" + bytes(8)
    palette = png_chunk(b"PLTE", b"\x10\x20\x30")
    assert open_image(png(8, 1, 8, 3, rows, palette)).getpixel((0, 0)) == (16, 32, 48)
    with pytest.raises(DamagedImageError):
        open_image(png(8, 1, 8, 3, rows))


@pytest.mark.parametrize(("depth", "colours"), [(3, 0), (4, 2), (16, 3), (8, 1), (8, 7), (2, 6)])
def test_finds_out_that_the_header_makes_no_sense(depth: int, colours: int) -> None:
    with pytest.raises(DamagedImageError):
        open_image(png(8, 1, depth, colours, bytes(100), png_chunk(b"PLTE", bytes(6))))


def test_says_that_apple_s_kind_is_not_read() -> None:
    data = encode(quarters(), "PNG")
    with pytest.raises(UnsupportedVariantError, match="Apple"):
        open_image(data[:8] + png_chunk(b"CgBI", b"\x50\0\x20\x02") + data[8:])


def test_pixels_in_many_chunks_are_one_stream() -> None:
    data = encode(quarters(), "PNG")
    start, end = data.index(b"IDAT") - 4, data.rindex(b"IEND") - 4
    pixels = data[start + 8 : end - 4]
    pieces = b"".join(png_chunk(b"IDAT", bytes((byte,))) for byte in pixels)
    assert corner_colours(open_image(data[:start] + pieces + data[end:])) == COLOURS


def test_counts_chunks() -> None:
    data = encode(quarters(), "PNG")
    with pytest.raises(ImageTooLargeError):
        open_image(with_png_chunk(data, png_chunk(b"tEXt", b"") * MAX_PARTS))


@pytest.mark.parametrize(
    ("width", "height", "depth", "colours", "bytes_per_pixel"),
    [(8300, 8300, 16, 0, 2), (8300, 8300, 8, 0, 1), (4000, 4000, 8, 6, 4), (4000, 4000, 1, 0, 1)],
)
def test_reckons_what_decoding_takes(
    width: int, height: int, depth: int, colours: int, bytes_per_pixel: int
) -> None:
    memory = inspect(png(width, height, depth, colours, b"")).memory
    assert memory == pytest.approx(width * height * bytes_per_pixel, rel=0.01)


@pytest.mark.parametrize(("width", "height"), [(1, 70_000_000), (10_001, 10_000)])
def test_refuses_what_would_take_too_much(width: int, height: int) -> None:
    with pytest.raises(ImageTooLargeError):
        open_image(png(width, height, 8, 0, b""))


def animation(first: Image.Image, *others: Image.Image) -> bytes:
    return encode(first, "PNG", save_all=True, append_images=others, blend=1)


EMPTY = Image.new("RGBA", (64, 32), (0, 0, 0, 0))


def test_of_an_animation_the_first_frame_that_shows_something() -> None:
    frames = [quarters().convert("RGBA"), Image.new("RGBA", (64, 32), "black")]
    assert corner_colours(open_image(animation(EMPTY, *frames))) == COLOURS


def test_looks_into_so_many_frames_and_no_more() -> None:
    shades = [Image.new("L", (64, 32), shade) for shade in range(MAX_FRAMES)]
    found = open_image(animation(*shades[:-1], noise(64, 32).convert("L")))
    assert len(set(np.asarray(found).flat)) > 50
    blank = open_image(animation(*shades, noise(64, 32).convert("L")))
    assert set(np.asarray(blank).flat) == {0}


def test_a_damaged_frame_behind_leaves_the_first() -> None:
    data = animation(EMPTY, noise(64, 32).convert("RGBA"))
    at = data.index(b"fdAT") + 20
    opened = open_image(data[:at] + bytes(200) + data[at + 200 :])
    assert (np.asarray(opened) == 255).all()


def test_controls_of_frames_decide_nothing() -> None:
    data = animation(quarters().convert("RGBA"), EMPTY)
    at = data.index(b"fcTL") + 4
    odd = data[:at] + struct.pack(">I", 99) + data[at + 4 :]
    assert corner_colours(open_image(odd)) == COLOURS


@pytest.mark.parametrize("size", [1, 1_200_000])
@pytest.mark.parametrize("compressed", [True, False])
def test_reads_the_orientation_in_xmp(size: int, compressed: bool) -> None:
    chunk = international_text(b"XML:com.adobe.xmp", XMP + bytes(size), compressed=compressed)
    stored = quarters().transpose(Image.Transpose.ROTATE_90)
    assert corner_colours(open_image(with_png_chunk(encode(stored, "PNG"), chunk))) == COLOURS


def test_reads_the_orientation_in_a_raw_profile() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    chunk = text(b"Raw profile type exif", b"\nexif\n  99\n" + exif.tobytes().hex().encode())
    stored = quarters().transpose(Image.Transpose.ROTATE_90)
    assert corner_colours(open_image(with_png_chunk(encode(stored, "PNG"), chunk))) == COLOURS
