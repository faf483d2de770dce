import io

import pytest
from jpegs import jpeg
from PIL import Image, ImageCms

from bot.feedback.jpeg import NotPlainJpegError, without_metadata


def test_a_colour_profile_stays() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = without_metadata(jpeg(icc_profile=profile))
    assert Image.open(io.BytesIO(content)).info["icc_profile"] == profile


@pytest.mark.parametrize("length", [0, 2, 3, 10, 200, -1])
def test_a_cut_jpeg_is_noticed(length: int) -> None:
    with pytest.raises(NotPlainJpegError):
        without_metadata(jpeg()[:length])
