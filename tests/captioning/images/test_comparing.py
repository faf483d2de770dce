import pytest
from image_files import noise
from PIL import Image

from captioning.images import comparing
from captioning.images.comparing import fingerprint


def test_only_equal_images_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_BAND_PIXELS", 64)
    image = noise(16, 16)
    other = image.copy()
    assert fingerprint(image) == fingerprint(other)
    other.putpixel((15, 15), (0, 0, 0))
    assert fingerprint(image) != fingerprint(other)
    tall = Image.frombytes("RGB", (8, 32), image.tobytes())
    assert fingerprint(image) != fingerprint(tall)
