"""Image bytes in, captions out.

>>> from captioning import ENTRIES, load_captioner
>>> load_captioner(next(iter(ENTRIES))).caption([photo_bytes])[0].text  # doctest: +SKIP
'A black dog is running through the grass.'
"""

from typing import TYPE_CHECKING, Any

from captioning.catalogue import ENTRIES, MODELS, ModelEntry, short_title, title
from captioning.errors import CaptioningError, ImageError
from captioning.images import open_image

if TYPE_CHECKING:
    from captioning.captioner import (
        Caption,
        Captioner,
        caption_with_all,
        captioner_of,
        load_captioner,
    )

__all__ = [
    "ENTRIES",
    "MODELS",
    "Caption",
    "Captioner",
    "CaptioningError",
    "ImageError",
    "ModelEntry",
    "caption_with_all",
    "captioner_of",
    "load_captioner",
    "open_image",
    "short_title",
    "title",
]


_OF_CAPTIONER = ("Caption", "Captioner", "caption_with_all", "captioner_of", "load_captioner")


def __getattr__(name: str) -> Any:
    # Whoever only needs names and errors should not wait for torch.
    if name in _OF_CAPTIONER:
        from captioning import captioner

        return getattr(captioner, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
