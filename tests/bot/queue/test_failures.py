"""Which failure an image that cannot be opened becomes."""

import pytest

from bot.queue.failures import Failure, failure_of
from captioning.errors import (
    DamagedImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
    UnsupportedVariantError,
)


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (ImageTooLargeError, Failure.TOO_MANY_PIXELS),
        (UnsupportedVariantError, Failure.UNSUPPORTED_VARIANT),
        (DamagedImageError, Failure.BAD_IMAGE),
        (UnsupportedImageError, Failure.BAD_IMAGE),
        (EmptyImageError, Failure.BAD_IMAGE),
    ],
)
def test_what_is_sound_is_not_called_damaged(kind: type[ImageError], failure: Failure) -> None:
    assert failure_of(kind("…")) is failure
