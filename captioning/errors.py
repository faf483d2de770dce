"""Everything that captioning raises on purpose.

The text of each error is one sentence for a person: what is wrong and what to do about it.
"""


class CaptioningError(Exception):
    """Base of all errors of this package."""


class ImageError(CaptioningError):
    """An image cannot be used; base of the family that `open_image` raises."""


class EmptyImageError(ImageError):
    """There are no bytes, or the image has no pixels."""


class UnsupportedImageError(ImageError):
    """The bytes are no image, or one in a format that is not read."""


class UnsupportedVariantError(ImageError):
    """The image is sound, but of a rare kind of its format that is not read."""


class DamagedImageError(ImageError):
    """The image starts well but is cut off or corrupt."""


class ImageTooLargeError(ImageError):
    """The file has too many bytes, or decoding the image would take too much memory or time."""
