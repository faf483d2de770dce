import io

import numpy as np
import pytest
from image_files import encode, jpeg_segment, noise, with_jpeg_segment
from PIL import Image, ImageCms

from captioning.errors import DamagedImageError, ImageError
from captioning.images import stripped_jpeg

END = b"\xff\xd9"
OPTIONS = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}]


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def before_scan(data: bytes, segment: bytes) -> bytes:
    at = data.rindex(b"\xff\xda")
    return data[:at] + segment + data[at:]


@pytest.mark.parametrize("options", OPTIONS)
def test_keeps_every_pixel(options: dict[str, object]) -> None:
    data = encode(noise(60, 40), "JPEG", **options)
    assert stripped_jpeg(data) == data


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "surplus",
    [
        b"Alice's phone",
        b"Alice" * 5000,
        b"\x00\x00Alice",
        b"Al\xff\x00ice",
        b"\xff\xd3Alice",
        jpeg_segment(0xFE, b"Alice"),
        jpeg_segment(0xE1, b"Alice"),
    ],
    ids=["bytes", "many bytes", "zeros", "stuffed", "restart", "comment", "segment"],
)
def test_strips_what_stands_before_the_end_marker(
    options: dict[str, object], surplus: bytes
) -> None:
    data = encode(noise(60, 40), "JPEG", **options)
    stripped = stripped_jpeg(data[:-2] + surplus + END)
    assert b"Al" not in stripped[-40:]
    assert b"Alice" not in stripped
    assert len(data) <= len(stripped) <= len(data) + 2
    assert (pixels(stripped) == pixels(data)).all()


@pytest.mark.parametrize(
    ("marker", "content"),
    [
        (0xE0, b"JFXX\0\x13\x01\x01RGB of Alice"),
        (0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02RGB of Alice"),
        (0xE0, b"Alice"),
        (0xE1, b"Exif\0\0Alice"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0Alice"),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0Alice"),
        (0xE2, b"MPF\0Alice"),
        (0xE2, b"ICC_PROFILE\0\x01\x01Alice is no profile"),
        (0xED, b"Photoshop 3.0\0Alice"),
        (0xEE, b"Adobe\0\x64\0\0\0\0\x01Alice"),
        (0xEF, b"Alice"),
        (0xF0, b"Alice"),
        (0x02, b"Alice"),
        (0xFE, b"Alice"),
    ],
)
def test_strips_segments(marker: int, content: bytes) -> None:
    data = encode(noise(60, 40), "JPEG")
    for longer in (
        with_jpeg_segment(data, marker, content),
        before_scan(data, jpeg_segment(marker, content)),
    ):
        stripped = stripped_jpeg(longer)
        assert b"Alice" not in stripped
        assert (pixels(stripped) == pixels(data)).all()


def test_strips_what_surrounds_the_segments() -> None:
    data = encode(noise(60, 40), "JPEG")
    at = data.index(b"\xff\xdb")
    longer = data[:at] + b"Alice\xff\xff" + data[at:] + b"Alice's video" + data
    assert stripped_jpeg(longer) == data


def test_a_colour_profile_stays_without_what_follows_it() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    long = profile + bytes(100_000)
    long = len(long).to_bytes(4, "big") + long[4:]
    for kept in (profile, long):
        data = encode(noise(60, 40), "JPEG", icc_profile=kept + b"Alice")
        stripped = stripped_jpeg(data)
        assert Image.open(io.BytesIO(stripped)).info["icc_profile"] == kept
        assert b"Alice" not in stripped


def test_inks_keep_their_meaning() -> None:
    data = encode(noise(60, 40).convert("CMYK"), "JPEG")
    assert (pixels(stripped_jpeg(data)) == pixels(data)).all()


def test_a_missing_end_marker_is_added() -> None:
    data = encode(noise(60, 40), "JPEG")
    assert stripped_jpeg(data[:-2]) == data
    assert stripped_jpeg(data[:-1]) == data


def test_finds_out_that_pixels_are_missing() -> None:
    for options in OPTIONS:
        data = encode(noise(60, 40), "JPEG", **options)
        for cut in (-200, len(data) // 2, 300, 10, 2):
            with pytest.raises(DamagedImageError):
                stripped_jpeg(data[:cut])


def test_other_formats_are_refused() -> None:
    for format in ("PNG", "WEBP", "GIF"):
        with pytest.raises(ImageError):
            stripped_jpeg(encode(noise(60, 40), format))
