"""Finds the image in a message: a photo, an image sent as a file, or a sticker that stands still.

What captioning/images decodes is accepted; of the rest it is said why not.
"""

from pathlib import PurePosixPath
from typing import Any

from aiogram.filters import Filter
from aiogram.types import Document, ExternalReplyInfo, Message, PhotoSize, Sticker

from bot.queue.downloads import MAX_FILE_BYTES
from bot.queue.jobs import PhotoRef
from bot.texts.unreadable import Unreadable
from captioning.images import MIME_TYPES, SUFFIXES

READABLE = MIME_TYPES | {"image/jpg", "image/pjpeg", "image/x-bmp", "image/x-ms-bmp"}
"""MIME types, also those that only some programs use, of the formats that are decoded."""

# Types that say nothing: the file's name may.
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})

# How people call the pictures that are not decoded.
_BY_TYPE = {
    "image/heic-sequence": "HEIC",
    "image/heif-sequence": "HEIC",
    "image/tiff": "TIFF",
    "image/svg+xml": "SVG",
    "image/x-icon": "ICO",
    "image/vnd.microsoft.icon": "ICO",
    "image/vnd.adobe.photoshop": "PSD",
    "image/jxl": "JPEG XL",
    "image/jp2": "JPEG 2000",
    "image/x-adobe-dng": "RAW",
}
_BY_SUFFIX = {
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".svg": "SVG",
    ".ico": "ICO",
    ".psd": "PSD",
    ".jxl": "JPEG XL",
    ".jp2": "JPEG 2000",
    ".dng": "RAW",
    ".cr2": "RAW",
    ".cr3": "RAW",
    ".nef": "RAW",
    ".arw": "RAW",
}


class ReadableImage(Filter):
    """Lets a message with an image through and passes `image: PhotoRef`."""

    async def __call__(self, message: Message) -> bool | dict[str, Any]:
        image = find_image(message)
        return {"image": image} if isinstance(image, PhotoRef) else False


class UnreadableImage(Filter):
    """Lets what only resembles an image through and passes `unreadable: Unreadable`."""

    async def __call__(self, message: Message) -> bool | dict[str, Any]:
        found = find_image(message)
        return {"unreadable": found} if isinstance(found, Unreadable) else False


def find_image(message: Message | ExternalReplyInfo) -> PhotoRef | Unreadable | None:
    """The image in a message, or why it cannot be captioned; None: there is nothing like one."""
    # The order counts: a GIF is both an animation and a document, a live photo may be a video too.
    if message.photo:
        return _photo(message.photo)
    if message.live_photo is not None and message.live_photo.photo:
        return _photo(message.live_photo.photo)
    if message.sticker is not None:
        return _sticker(message.sticker)
    if message.animation is not None:
        return Unreadable("animation")
    if message.video is not None or message.video_note is not None:
        return Unreadable("video")
    if message.document is not None:
        return _document(message.document)
    return None


def _photo(sizes: list[PhotoSize]) -> PhotoRef | Unreadable:
    """The largest size that a bot may download."""
    allowed = [size for size in sizes if (size.file_size or 0) <= MAX_FILE_BYTES]
    if not allowed:
        return Unreadable("too_large")
    size = max(allowed, key=lambda size: size.width * size.height)
    return PhotoRef(size.file_id, size.file_unique_id, size.width, size.height, size.file_size)


def _sticker(sticker: Sticker) -> PhotoRef | Unreadable:
    if sticker.is_animated or sticker.is_video:
        return Unreadable("animated_sticker")
    return PhotoRef(
        sticker.file_id,
        sticker.file_unique_id,
        sticker.width,
        sticker.height,
        sticker.file_size,
    )


def _document(file: Document) -> PhotoRef | Unreadable:
    mime_type = (file.mime_type or "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(file.file_name or "").suffix.lower()
    is_readable = mime_type in READABLE or (mime_type in _UNTOLD and suffix in SUFFIXES)
    if not is_readable:
        return _unreadable_document(mime_type, suffix)
    if (file.file_size or 0) > MAX_FILE_BYTES:
        return Unreadable("too_large")
    return PhotoRef(file.file_id, file.file_unique_id, file_size=file.file_size)


def _unreadable_document(mime_type: str, suffix: str) -> Unreadable:
    if mime_type.startswith("video/"):
        return Unreadable("video")
    name = _BY_TYPE.get(mime_type) or _BY_SUFFIX.get(suffix, "")
    if name or mime_type.startswith("image/"):
        return Unreadable("format", name)
    return Unreadable("document")
