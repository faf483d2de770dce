import io

import pytest
from image_files import with_jpeg_segment
from jpegs import jpeg, pixels
from PIL import Image, ImageCms

from bot.feedback.jpeg import NotPlainJpegError, without_metadata


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_loses_what_it_tells_and_no_pixel(options: dict[str, object]) -> None:
    original = jpeg(1, **options)
    assert b"Alice" in original
    surplus = b"a thumbnail of Alice"
    original = with_jpeg_segment(original, 0xE0, b"JFXX\0\x10" + surplus)
    original = with_jpeg_segment(original, 0xEC, surplus)
    content = without_metadata(original[:-2] + surplus + original[-2:] + b"Alice's motion video")
    assert b"Alice" not in content
    assert b"Exif" not in content
    assert (pixels(content) == pixels(original)).all()


def test_a_colour_profile_stays() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = without_metadata(jpeg(icc_profile=profile))
    assert Image.open(io.BytesIO(content)).info["icc_profile"] == profile


def test_a_missing_end_marker_is_added() -> None:
    assert without_metadata(jpeg()[:-2]) == without_metadata(jpeg())


@pytest.mark.parametrize(
    "turned", [jpeg(6), jpeg(xmp=b'<rdf:Description tiff:Orientation="6"/>')], ids=["EXIF", "XMP"]
)
def test_a_turned_photo_is_not_kept_as_it_is(turned: bytes) -> None:
    with pytest.raises(NotPlainJpegError, match="turned"):
        without_metadata(turned)


@pytest.mark.parametrize("length", [0, 2, 3, 10, 200, -100])
def test_a_cut_jpeg_is_noticed(length: int) -> None:
    with pytest.raises(NotPlainJpegError):
        without_metadata(jpeg()[:length])


def test_other_formats_are_noticed() -> None:
    with pytest.raises(NotPlainJpegError):
        without_metadata(b"RIFF" + jpeg())
