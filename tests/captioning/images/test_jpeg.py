import io
import struct

import numpy as np
import pytest
from image_files import encode, jpeg_segment, noise, with_jpeg_segment
from PIL import Image
from scenes import COLOURS, corner_colours, quarters

from captioning.errors import DamagedImageError, ImageTooLargeError, UnsupportedVariantError
from captioning.images import open_image
from captioning.images.cost import MAX_SCANS, MAX_SEGMENTS
from captioning.images.jpeg import inspect, parse

END = b"\xff\xd9"


def frame_at(data: bytes) -> int:
    """Where the content of the frame header begins."""
    return max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 4


def with_frame_bytes(data: bytes, offset: int, content: bytes) -> bytes:
    at = frame_at(data) + offset
    return data[:at] + content + data[at + len(content) :]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize(
    "ending",
    [b"", b"\xff", b"SEFH and what else a phone puts there", b"\xff\xff\xff", b"\xff\xe1\xff\xff"],
)
def test_needs_no_end_marker(options: dict[str, object], ending: bytes) -> None:
    data = encode(noise(64, 48), "JPEG", **options)
    assert data.endswith(END)
    opened = open_image(data[:-2] + ending)
    assert (np.asarray(opened) == np.asarray(open_image(data))).all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_rows": 1},
        {"restart_marker_blocks": 1, "subsampling": 0},
    ],
)
@pytest.mark.parametrize("target_side", [None, 16])
def test_finds_out_that_pixels_are_missing(
    options: dict[str, object], target_side: int | None
) -> None:
    data = encode(noise(64, 64), "JPEG", quality=90, **options)
    for cut in range(len(data) // 2, len(data) - 150, 97):
        with pytest.raises(DamagedImageError):
            open_image(data[:cut], target_side=target_side)


def test_finds_out_that_the_last_restart_is_missing() -> None:
    data = encode(noise(64, 64), "JPEG", restart_marker_rows=1)
    restart = data.rfind(b"\xff\xd2")
    with pytest.raises(DamagedImageError):
        open_image(data[:restart])


def test_finds_out_that_a_progressive_scan_is_missing() -> None:
    data = encode(noise(64, 64), "JPEG", progressive=True)
    last_scan = data.rfind(b"\xff\xda")
    assert parse(data[:last_scan] + END).is_complete is False
    with pytest.raises(DamagedImageError):
        open_image(data[:last_scan])


@pytest.mark.parametrize(
    ("marker", "content"),
    [
        (0xE0, b"JFIF\0"),
        (0xE0, b"JFXX\0\x10" + encode(Image.new("RGB", (8, 8)), "JPEG")),
        (0xE1, b"Exif\0\0"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
        (0xE2, b"ICC_PROFILE\0"),
        (0xE2, b"ICC_PROFILE\0\x01\x02short"),
        (0xE2, b"MPF\0"),
        (0xED, b"Photoshop 3.0\x008BIM"),
        (0xEE, b"Adobe"),
        (0xEE, b""),
        (0xFE, b""),
    ],
)
def test_segments_beside_the_pixels_decide_nothing(marker: int, content: bytes) -> None:
    data = with_jpeg_segment(encode(quarters(), "JPEG"), marker, content)
    assert corner_colours(open_image(data)) == COLOURS


def test_passes_over_what_stands_between_segments() -> None:
    data = encode(quarters(), "JPEG")
    assert (
        corner_colours(open_image(data[:20] + b"\x00junk\xff\x00\xff\xff" + data[20:])) == COLOURS
    )


@pytest.mark.parametrize(
    ("offset", "content"),
    [(0, b"\x0c"), (-3, b"\xc3"), (-3, b"\xc5"), (1, b"\0\0")],
    ids=["12 bits", "lossless", "hierarchical", "height at the end"],
)
def test_says_that_a_rare_kind_is_not_read(offset: int, content: bytes) -> None:
    data = with_frame_bytes(encode(quarters(), "JPEG"), offset, content)
    with pytest.raises(UnsupportedVariantError, match="JPEG"):
        open_image(data)


def test_says_that_two_channels_are_a_rare_kind() -> None:
    frame = struct.pack(">BHHB", 8, 8, 8, 2) + bytes((1, 0x11, 0, 2, 0x11, 0))
    data = b"\xff\xd8" + jpeg_segment(0xC0, frame) + jpeg_segment(0xDA, b"\x01\x01\0\0\x3f\0") + END
    with pytest.raises(UnsupportedVariantError, match="2 channels"):
        open_image(data)


@pytest.mark.parametrize(("offset", "content"), [(0, b"\x07"), (7, b"\x05"), (5, b"\xff")])
def test_finds_out_that_the_frame_makes_no_sense(offset: int, content: bytes) -> None:
    with pytest.raises(DamagedImageError):
        open_image(with_frame_bytes(encode(quarters(), "JPEG"), offset, content))


def many_scans(count: int) -> bytes:
    """A progressive JPEG in which the same scan of one coefficient comes again and again."""
    data = encode(quarters(), "JPEG", progressive=True)
    first_scan = data.index(b"\xff\xda")
    scan = jpeg_segment(0xDA, b"\x01\x01\x00\x01\x01\x01") + b"\x00"
    second_scan = data.index(b"\xff\xda", first_scan + 2)
    return data[:second_scan] + scan * count + END


def test_counts_scans_before_it_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse(many_scans(MAX_SCANS - 1)).scans == MAX_SCANS
    data = many_scans(MAX_SCANS)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded all the same"))
    with pytest.raises(ImageTooLargeError, match="save it anew"):
        open_image(data)


def test_counts_the_pixels_of_all_scans() -> None:
    data = with_frame_bytes(many_scans(50), 1, struct.pack(">HH", 6000, 6000))
    with pytest.raises(ImageTooLargeError, match="save it anew"):
        open_image(data)


def test_needs_no_scan_behind_the_last_bit() -> None:
    data = encode(noise(64, 64), "JPEG", progressive=True)
    scans = parse(data).scans
    surplus = jpeg_segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + b"\x00"
    longer = parse(data[:-2] + surplus * (2 * MAX_SCANS) + END)
    assert longer.scans == scans
    assert (np.asarray(open_image(longer.build())) == np.asarray(open_image(data))).all()


def test_counts_segments() -> None:
    data = encode(quarters(), "JPEG")
    with pytest.raises(ImageTooLargeError):
        open_image(data[:2] + jpeg_segment(0xFE, b"") * MAX_SEGMENTS + data[2:])


def test_reckons_what_decoding_takes() -> None:
    small = 500 * 375 * 4
    plain = inspect(encode(Image.new("L", (4000, 3000)), "JPEG"), 300)
    assert small < plain.memory < 1.1 * small
    assert plain.passes == 1
    progressive = inspect(encode(Image.new("L", (4000, 3000)), "JPEG", progressive=True), 300)
    coefficients = 2 * 4000 * 3000
    assert small + coefficients <= progressive.memory < 1.1 * (small + coefficients)
    assert progressive.passes > 1
    assert inspect(encode(Image.new("L", (4000, 3000)), "JPEG"), None).memory > 4 * 4000 * 3000


def test_decodes_a_large_one_scaled() -> None:
    data = encode(Image.new("L", (12_000, 9_000), 128), "JPEG")
    image = open_image(data, max_memory=40 * 2**20)
    assert min(image.size) >= 448
    with pytest.raises(ImageTooLargeError):
        open_image(data, target_side=None)


def test_takes_nothing_else_apart() -> None:
    jpeg = encode(quarters(), "JPEG")
    with pytest.raises(DamagedImageError):
        parse(b"RIFF" + jpeg)


def test_puts_together_what_draws_the_picture_and_no_more() -> None:
    plain = encode(noise(64, 48), "JPEG")
    data = with_jpeg_segment(plain, 0xE1, b"Exif\0\0Alice")
    data = with_jpeg_segment(data, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01RGB, Alice")
    built = parse(data + b"Alice").build()
    assert b"Alice" not in built
    assert len(built) <= len(plain) + 18
    with Image.open(io.BytesIO(built)) as image, Image.open(io.BytesIO(plain)) as original:
        assert (np.asarray(image) == np.asarray(original)).all()
