"""What people think of captions, for those who curate a dataset from it: one zip file.

docs/export.md describes it for its readers; the two are changed together.
"""

import asyncio
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.pseudonyms import Pseudonyms, PseudonymsError
from bot.storage import Database
from bot.storage.tables import Caption, Correction, Photo, Rating

FORMAT = 1
"""Raised when a field changes its meaning or goes; new fields may come at any time."""

RECORDS = "feedback.jsonl"
MANIFEST = "manifest.json"
PHOTOS = "photos"
KEY_FILE = "export.key"

KEPT_NAME = re.compile(r"([0-9a-f]{64})\.(?:jpg|png)")
PAGE = 200
"""Photos read at a time, so that the export is never in memory as a whole."""


class ExportError(Exception):
    """The export cannot be written; the text says why and what to do."""


class ExportTooLargeError(ExportError):
    """The kept photos are larger than the file may be."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in an export, in numbers."""

    captions: int
    corrections: int
    photos: int


class Exports:
    """Writes exports of a database and the folder of kept photos.

    People appear under pseudonyms, which are the same in every export of one bot: they are made
    with a key that lies in `data_dir` and is in no export. Without it they lead to nobody.
    """

    def __init__(self, database: Database, photos_dir: Path, data_dir: Path) -> None:
        self._database = database
        self._photos_dir = photos_dir
        self._key_file = data_dir / KEY_FILE
        self._temporary = data_dir / "exports"

    def sweep(self) -> None:
        """Delete what a killed process left in temporary folders; before any export begins."""
        shutil.rmtree(self._temporary, ignore_errors=True)

    @contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """A folder in `data_dir` for an export that is sent on; deleted at the end."""
        self._temporary.mkdir(mode=0o700, exist_ok=True)
        with TemporaryDirectory(dir=self._temporary) as folder:
            yield Path(folder)

    async def write(
        self, target: Path, *, with_photos: bool = True, max_photo_bytes: int | None = None
    ) -> Exported:
        """Write a new zip file that only its owner may read; cut off, it leaves nothing behind.

        Args:
            max_photo_bytes: refuse when the photos are larger than this together.

        Raises:
            ExportTooLargeError: they are.
            ExportError: the file exists, or cannot be written.
        """
        try:
            pseudonyms = await asyncio.to_thread(Pseudonyms.load, self._key_file)
        except PseudonymsError as error:
            raise ExportError(str(error)) from None
        names: set[str] = set()
        counts = {"caption": 0, "correction": 0}
        try:
            with TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
                records = Path(folder, RECORDS)
                await asyncio.to_thread(records.touch)
                async for page in self._pages(pseudonyms):
                    await asyncio.to_thread(self._add_page, records, page, with_photos, names)
                    for record in page:
                        counts[record["kind"]] += 1
                size = await asyncio.to_thread(self._size_of, names)
                if max_photo_bytes is not None and size > max_photo_bytes:
                    raise ExportTooLargeError("The photos are larger than the file may be.")
                archive = Path(folder, "export.zip")
                written = await _finish_in_thread(
                    lambda stop: self._pack(archive, records, sorted(names), counts, stop)
                )
                await asyncio.to_thread(_move_to_new, archive, target)
        except FileExistsError:
            raise ExportError(f"{target} exists already; name a new file.") from None
        except OSError as error:
            raise ExportError(
                f"{target} cannot be written ({error.strerror}); "
                "name a file in a folder with enough space that you may write to."
            ) from None
        return Exported(counts["caption"], counts["correction"], written)

    async def _pages(self, pseudonyms: Pseudonyms) -> AsyncIterator[list[dict[str, Any]]]:
        """The records, some photos at a time; each page is one state of the database."""
        with_feedback = or_(
            Photo.id.in_(select(Caption.photo_id).join(Rating)),
            Photo.id.in_(select(Correction.photo_id)),
        )
        last = 0
        while True:
            async with self._database.read(long=True) as session:
                query = select(Photo).where(with_feedback, Photo.id > last)
                photos = list(await session.scalars(query.order_by(Photo.id).limit(PAGE)))
                if not photos:
                    return
                page = await _records(session, photos, pseudonyms)
            last = photos[-1].id
            yield page

    def _add_page(
        self, records: Path, page: Iterable[dict[str, Any]], with_photos: bool, names: set[str]
    ) -> None:
        """Append records to the file; the photos they need are added to `names`."""
        with records.open("a", encoding="utf-8") as lines:
            for record in page:
                name = record["image"]
                # The bot deletes a photo when its last rating goes, also while this is written.
                if name is not None and with_photos and (self._photos_dir / name).is_file():
                    names.add(name)
                    record["image"] = f"{PHOTOS}/{name}"
                else:
                    record["image"] = None
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")

    def _size_of(self, names: Iterable[str]) -> int:
        size = 0
        for name in names:
            with suppress(FileNotFoundError):
                size += (self._photos_dir / name).stat().st_size
        return size

    def _pack(
        self,
        target: Path,
        records: Path,
        names: Sequence[str],
        counts: dict[str, int],
        stop: threading.Event,
    ) -> int:
        """Write the zip file; returns how many photos are in it."""
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        written = 0
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            for name in names:
                if stop.is_set():
                    return written
                try:
                    # Stored: a JPEG does not become smaller.
                    archive.write(self._photos_dir / name, f"{PHOTOS}/{name}")
                except FileNotFoundError:
                    continue  # deleted in the meantime
                written += 1
            archive.write(records, RECORDS, zipfile.ZIP_DEFLATED)
            manifest = {
                "format": FORMAT,
                "exported_at": _moment(datetime.now(UTC)),
                "captions": counts["caption"],
                "corrections": counts["correction"],
                "photos": written,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1) + "\n")
        return written


async def _records(
    session: AsyncSession, photos: Sequence[Photo], pseudonyms: Pseudonyms
) -> list[dict[str, Any]]:
    """A record per caption and per correction of each photo, photo by photo."""
    ids = [photo.id for photo in photos]
    captions = list(
        await session.scalars(select(Caption).where(Caption.photo_id.in_(ids)).order_by(Caption.id))
    )
    corrections = list(
        await session.scalars(
            select(Correction).where(Correction.photo_id.in_(ids)).order_by(Correction.id)
        )
    )
    ratings: dict[int, list[Rating]] = {}
    rows = select(Rating).join(Caption).where(Caption.photo_id.in_(ids))
    for rating in await session.scalars(rows.order_by(Rating.created_at, Rating.user_id)):
        ratings.setdefault(rating.caption_id, []).append(rating)
    return [
        record
        for photo in photos
        for record in _of_photo(
            photo,
            [it for it in captions if it.photo_id == photo.id],
            [it for it in corrections if it.photo_id == photo.id],
            ratings,
            pseudonyms,
        )
    ]


def _of_photo(
    photo: Photo,
    captions: Iterable[Caption],
    corrections: Iterable[Correction],
    ratings: dict[int, list[Rating]],
    pseudonyms: Pseudonyms,
) -> Iterator[dict[str, Any]]:
    # What is in the database is trusted, but a name that leads elsewhere would be serious.
    kept = KEPT_NAME.fullmatch(photo.kept_name or "")
    about_photo = {
        "photo_id": photo.id,
        "image": photo.kept_name if kept else None,
        "sha256": kept[1] if kept else None,
        "width": photo.width,
        "height": photo.height,
    }
    for caption in captions:
        given = ratings.get(caption.id, [])
        yield {
            "kind": "caption",
            **about_photo,
            "text": caption.text,
            "model": caption.model,
            "version": caption.version,
            "options": caption.options,
            "log_probability": caption.log_probability,
            "confidence": caption.confidence,
            "up": sum(rating.value > 0 for rating in given),
            "down": sum(rating.value < 0 for rating in given),
            "ratings": [
                {
                    "person": pseudonyms.of(rating.user_id),
                    "value": rating.value,
                    "at": _moment(rating.updated_at),
                }
                for rating in given
            ],
            "created_at": _moment(caption.created_at),
        }
    for correction in corrections:
        yield {
            "kind": "correction",
            **about_photo,
            "text": correction.text,
            "person": pseudonyms.of(correction.user_id),
            "created_at": _moment(correction.created_at),
            "updated_at": _moment(correction.updated_at),
        }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _move_to_new(source: Path, target: Path) -> None:
    if target.exists():  # replacing it would be silent
        raise FileExistsError
    source.replace(target)


async def _finish_in_thread(work: Callable[[threading.Event], int]) -> int:
    """Do `work(stop)` in a thread; cancelled, it sets `stop` and waits until the thread ends."""
    stop = threading.Event()
    task = asyncio.create_task(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait((task,))
        raise
