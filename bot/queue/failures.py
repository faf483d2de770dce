"""Why a photo got no caption."""

from enum import StrEnum

from captioning import ImageError
from captioning.errors import ImageTooLargeError, UnsupportedVariantError


class Failure(StrEnum):
    """The code that is stored with a job; `bot.texts.failures` has the words for each."""

    TOO_LARGE = "too_large"
    """The file is larger than a bot may download."""
    BAD_IMAGE = "bad_image"
    """The bytes are no image that can be read."""
    UNSUPPORTED_VARIANT = "unsupported_variant"
    """The image is sound, but of a rare kind that is not read."""
    TOO_MANY_PIXELS = "too_many_pixels"
    DOWNLOAD = "download"
    """Telegram does not give the file out."""
    CAPTIONING = "captioning"
    """An unexpected error, again and again."""
    INTERRUPTED = "interrupted"
    """The whole program was killed during it, again and again."""
    BLOCKED = "blocked"
    """Its person has blocked the bot."""
    UNREACHABLE = "unreachable"
    """The chat takes no message."""
    BANNED = "banned"
    """Its sender or chat was banned while it waited."""


def failure_of(error: ImageError) -> Failure:
    """Why there are no captions of an image that could not be opened."""
    if isinstance(error, ImageTooLargeError):
        return Failure.TOO_MANY_PIXELS
    if isinstance(error, UnsupportedVariantError):
        return Failure.UNSUPPORTED_VARIANT
    return Failure.BAD_IMAGE
