"""Files that people and the bot send: photos in several sizes, documents as they are."""

import asyncio
import base64
import hashlib
import io
import secrets
import time
from pathlib import Path
from typing import Any

from aiogram.types import Document, File, PhotoSize

from bot.sandbox.errors import bad_request
from bot.sandbox.state import State
from captioning.errors import ImageError
from captioning.images import open_image

MAX_BOT_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_PHOTO_RATIO = 20
PHOTO_SIDES = (("s", 90), ("m", 320), ("x", 800), ("y", 1280))  # longest sides, as Telegram's
LINK_SECONDS = 3600  # Telegram promises an hour


class PhotoRefusedError(Exception):
    """Bytes that Telegram does not take as a photo; the text is Telegram's word for why."""


class FileStore:
    """Keeps files under a folder by their content; hands out file ids and links that expire."""

    def __init__(self, folder: Path, state: State) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._state = state
        self._links: dict[str, tuple[str, float]] = {}  # file path: (unique id, valid until)

    async def add_photo(self, data: bytes) -> list[dict[str, Any]]:
        """Store a photo and return its PhotoSize objects, smallest first.

        Raises PhotoRefusedError when the bytes are no picture or have odd dimensions.
        """
        sizes = await asyncio.to_thread(_scale, data)
        key = _content_key(data)
        photo = []
        for letter, width, height, jpeg in sizes:
            unique_id = f"AQAD{key}{letter}"
            await self._keep(unique_id, "photos", ".jpg", jpeg)
            size = PhotoSize(
                file_id=_new_file_id("AgAC"),
                file_unique_id=unique_id,
                width=width,
                height=height,
                file_size=len(jpeg),
            )
            photo.append(size.model_dump(mode="json", exclude_none=True))
        for entry in photo:
            self._state.add_file_id(entry["file_id"], entry["file_unique_id"], photo)
        return photo

    async def add_document(self, data: bytes, name: str, mime_type: str) -> dict[str, Any]:
        """Store a file unchanged and return its Document object."""
        unique_id = f"AgAD{_content_key(data)}"
        await self._keep(unique_id, "documents", _safe_extension(name), data)
        document = Document(
            file_id=_new_file_id("BQAC"),
            file_unique_id=unique_id,
            file_name=name or None,
            mime_type=mime_type or None,
            file_size=len(data),
        ).model_dump(mode="json", exclude_none=True)
        self._state.add_file_id(document["file_id"], unique_id, [])
        return document

    def photo_of_id(self, file_id: str) -> list[dict[str, Any]]:
        """All sizes of the photo that a file id belongs to; raises BotApiError for others."""
        found = self._state.file_of_id(file_id)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not found[1]:
            raise bad_request("can't use file of type Document as Photo")
        return found[1]

    def link(self, file_id: str) -> dict[str, Any]:
        """The File object of getFile, with a path that can be fetched for an hour."""
        if not file_id:
            raise bad_request("file_id is not specified")
        found = self._state.file_of_id(file_id)
        stored = self._state.file(found[0]) if found else None
        if found is None or stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        number, folder, extension, size = stored
        if size > MAX_BOT_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        path = f"{folder}/file_{number}{extension}"
        now = time.monotonic()
        self._links = {name: link for name, link in self._links.items() if link[1] > now}
        self._links[path] = (found[0], now + LINK_SECONDS)
        file = File(file_id=file_id, file_unique_id=found[0], file_size=size, file_path=path)
        return file.model_dump(mode="json", exclude_none=True)

    def path_of_link(self, file_path: str) -> Path | None:
        """The stored file behind a path that getFile gave, or None when it is not valid (now)."""
        unique_id, until = self._links.get(file_path, ("", 0.0))
        return self.path_of(unique_id) if until > time.monotonic() else None

    def path_of(self, file_unique_id: str) -> Path | None:
        """The stored file with a unique id, or None."""
        return self._folder / file_unique_id if self._state.file(file_unique_id) else None

    async def _keep(self, unique_id: str, folder: str, extension: str, data: bytes) -> None:
        path = self._folder / unique_id
        await asyncio.to_thread(path.write_bytes, data)
        self._state.add_file(unique_id, folder, extension, len(data))


def _content_key(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:9]).decode()


def _new_file_id(prefix: str) -> str:
    """Telegram's file ids differ from message to message; only the unique id stays."""
    return f"{prefix}{secrets.token_urlsafe(42)}"


def _safe_extension(name: str) -> str:
    extension = Path(name).suffix.lower()
    return extension if extension[1:].isalnum() and extension.isascii() else ""


def _scale(data: bytes) -> list[tuple[str, int, int, bytes]]:
    """(letter, width, height, JPEG) of every size; re-encoded, so no metadata survives."""
    largest_side = PHOTO_SIDES[-1][1]
    try:
        image = open_image(data, target_side=largest_side)
    except ImageError as error:
        raise PhotoRefusedError("IMAGE_PROCESS_FAILED") from error
    width, height = image.size
    if max(width, height) > MAX_PHOTO_RATIO * min(width, height):
        raise PhotoRefusedError("PHOTO_INVALID_DIMENSIONS")
    sizes = []
    for letter, side in PHOTO_SIDES:
        scaled = image.copy()
        scaled.thumbnail((side, side))
        buffer = io.BytesIO()
        scaled.save(buffer, "JPEG", quality=87, optimize=True)
        sizes.append((letter, scaled.width, scaled.height, buffer.getvalue()))
        if side >= max(width, height):
            break
    return sizes
