"""Files that people and the bot send: photos in several sizes, stickers, others as they are."""

import asyncio
import base64
import hashlib
import secrets
import time
from pathlib import Path
from typing import Any

from aiogram.types import Document, File, PhotoSize, Sticker, Video

from bot.sandbox.errors import bad_request
from bot.sandbox.pictures import STICKER_SIDE, PhotoRefusedError, photo_sizes, static_sticker
from bot.sandbox.state import State

MAX_BOT_DOWNLOAD_BYTES = 20 * 1024 * 1024
LINK_SECONDS = 3600  # Telegram promises an hour
_GZIP, _MATROSKA = b"\x1f\x8b", b"\x1a\x45\xdf\xa3"
_TYPES = {"AgAC": "Photo", "BQAC": "Document", "BAAC": "Video", "CAAC": "Sticker"}
_SHOWN_AS = {"photos": "image/jpeg", ".webp": "image/webp", ".webm": "video/webm"}


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
        sizes = await asyncio.to_thread(photo_sizes, data)
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

    async def keep_photo(self, data: bytes, width: int, height: int) -> list[dict[str, Any]]:
        """Store a JPEG as the only size of a photo, unchanged and unchecked.

        For whoever sends many: resizing costs more than captioning.
        """
        unique_id = f"AQAD{_content_key(data)}y"
        await self._keep(unique_id, "photos", ".jpg", data)
        size = PhotoSize(
            file_id=_new_file_id("AgAC"),
            file_unique_id=unique_id,
            width=width,
            height=height,
            file_size=len(data),
        )
        photo = [size.model_dump(mode="json", exclude_none=True)]
        self._state.add_file_id(size.file_id, unique_id, photo)
        return photo

    async def add_document(self, data: bytes, name: str, mime_type: str) -> dict[str, Any]:
        """Store a file unchanged and return its Document object; pictures get a thumbnail."""
        unique_id = await self._keep_whole("AgAD", "documents", name, data)
        thumbnail = await self._thumbnail(data) if mime_type.startswith("image/") else None
        return self._remember(
            Document(
                file_id=_new_file_id("BQAC"),
                file_unique_id=unique_id,
                thumbnail=thumbnail,
                file_name=name or None,
                mime_type=mime_type or None,
                file_size=len(data),
            )
        )

    async def add_video(self, data: bytes, name: str, mime_type: str) -> dict[str, Any]:
        """Store a video unchanged; its pictures are not looked at, so it is said to be small."""
        unique_id = await self._keep_whole("AgADv", "videos", name, data)
        return self._remember(
            Video(
                file_id=_new_file_id("BAAC"),
                file_unique_id=unique_id,
                width=640,
                height=360,
                duration=1,
                file_name=name or None,
                mime_type=mime_type or None,
                file_size=len(data),
            )
        )

    async def add_sticker(self, data: bytes) -> dict[str, Any]:
        """Store a sticker and return its Sticker object.

        A picture becomes a static sticker (WebP, 512 pixels, white where it is transparent; a
        WebP file of that size stays as it is). Gzipped data is an animated one
        and a WebM file a video one, both kept as they are. Raises PhotoRefusedError for others.
        """
        animated, video = data.startswith(_GZIP), data.startswith(_MATROSKA)
        width = height = STICKER_SIDE
        if not (animated or video):
            width, height, data = await asyncio.to_thread(static_sticker, data)
        name = "sticker.tgs" if animated else "sticker.webm" if video else "sticker.webp"
        unique_id = await self._keep_whole("AgADs", "stickers", name, data)
        return self._remember(
            Sticker(
                file_id=_new_file_id("CAAC"),
                file_unique_id=unique_id,
                type="regular",
                width=width,
                height=height,
                is_animated=animated,
                is_video=video,
                emoji="🖼",
                file_size=len(data),
            )
        )

    def photo_of_id(self, file_id: str) -> list[dict[str, Any]]:
        """All sizes of the photo that a file id belongs to; raises BotApiError for others."""
        stored = self._object_of_id(file_id)
        if not isinstance(stored, list):
            raise bad_request(f"can't use file of type {_type_of(file_id)} as Photo")
        return stored

    def document_of_id(self, file_id: str) -> dict[str, Any]:
        """The Document object that a file id belongs to; raises BotApiError for others."""
        stored = self._object_of_id(file_id)
        if isinstance(stored, list) or _type_of(file_id) != "Document":
            raise bad_request(f"can't use file of type {_type_of(file_id)} as Document")
        document: dict[str, Any] = stored
        return document

    def _object_of_id(self, file_id: str) -> Any:
        found = self._state.file_of_id(file_id)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        unique_id, stored = found
        if not stored:  # a document in the state of an older sandbox
            return {"file_id": file_id, "file_unique_id": unique_id}
        return stored

    async def _thumbnail(self, data: bytes) -> PhotoSize | None:
        try:
            sizes = await self.add_photo(data)
        except PhotoRefusedError:
            return None
        return PhotoSize.model_validate(sizes[min(1, len(sizes) - 1)])

    async def _keep_whole(self, prefix: str, folder: str, name: str, data: bytes) -> str:
        """Store a file by its content and return its unique id."""
        unique_id = f"{prefix}{_content_key(data)}"
        await self._keep(unique_id, folder, _safe_extension(name), data)
        return unique_id

    def _remember(self, made: Document | Sticker | Video) -> dict[str, Any]:
        shown = made.model_dump(mode="json", exclude_none=True)
        self._state.add_file_id(made.file_id, made.file_unique_id, shown)
        return shown

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

    def shown_as(self, file_unique_id: str) -> str | None:
        """The content type under which a page may show a file; None for one only to be saved.

        Photos and stickers are made or checked here; a document may be anything.
        """
        stored = self._state.file(file_unique_id)
        if stored is None or stored[1] not in ("photos", "stickers"):
            return None
        return _SHOWN_AS.get(stored[1]) or _SHOWN_AS.get(stored[2])

    async def _keep(self, unique_id: str, folder: str, extension: str, data: bytes) -> None:
        path = self._folder / unique_id
        await asyncio.to_thread(path.write_bytes, data)
        self._state.add_file(unique_id, folder, extension, len(data))


def _content_key(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:9]).decode()


def _new_file_id(prefix: str) -> str:
    """Telegram's file ids differ from message to message; only the unique id stays."""
    return f"{prefix}{secrets.token_urlsafe(42)}"


def _type_of(file_id: str) -> str:
    return _TYPES.get(file_id[:4], "Document")


def _safe_extension(name: str) -> str:
    extension = Path(name).suffix.lower()
    return extension if extension[1:].isalnum() and extension.isascii() else ""
