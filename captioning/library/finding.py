"""Photos by the names that people give: files, folders and standard input."""

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from captioning.errors import ImageError
from captioning.images import SUFFIXES, open_image

if TYPE_CHECKING:
    from captioning.captioner import Caption

STANDARD_INPUT = "-"
MOST_NAMED = 20
"""So many files that are skipped for the same reason are named; the others are counted."""

_NO_PHOTO = "no photos, as their names promise"
_LINKED = "links to folders, which are not followed: name them yourself"
_REASONS = {
    "raw photos, which are not read: export them as JPEG": (
        *(".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw"),
        *(".rw2", ".srw", ".x3f"),
    ),
    "films": (
        *(".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
        *(".webm", ".wmv"),
    ),
    "pictures of a kind that is not read: save them as JPEG or PNG": (
        *(".eps", ".ico", ".j2k", ".jp2", ".jxl", ".pdf", ".psd", ".svg", ".tga", ".tif", ".tiff"),
        ".xcf",
    ),
    "notes that other programs keep beside photos": (".aae", ".pp3", ".thm", ".xmp"),
}
_REASON_OF = {suffix: reason for reason, suffixes in _REASONS.items() for suffix in suffixes}


@dataclass(slots=True)
class Photo:
    """One photo on its way from a name to its captions, or to the error that ended it."""

    name: str
    image: Image.Image | None = None
    error: str | None = None
    captions: list["Caption"] = field(default_factory=list)


class Skipped:
    """What folders hold and is no photo to read: by reason, the first names and the number.

    Args:
        own: files of this command's own, which nobody needs to hear of.
    """

    def __init__(self, own: Iterable[Path] = ()) -> None:
        self._own = {path.resolve() for path in own}
        self._names: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, path: Path, reason: str) -> None:
        if self._own and path.resolve() in self._own:
            return
        names = self._names.setdefault(reason, [])
        if len(names) < MOST_NAMED:
            names.append(str(path))
        self._counts[reason] = self._counts.get(reason, 0) + 1

    def report(self) -> list[str]:
        """Lines for a person; none when nothing was skipped."""
        told: list[str] = []
        for reason, names in sorted(self._names.items()):
            told.append(f"Skipped, {reason}:")
            told += [f"  {readable(name)}" for name in names]
            if self._counts[reason] > len(names):
                told.append(f"  and {self._counts[reason] - len(names)} more")
        return told


def find_photos(sources: Iterable[str], skipped: Skipped) -> Iterator[Photo]:
    """Yield the photos that the arguments name, folders in order of their names.

    Inside a folder only files whose suffix promises an image that can be read count; the others go
    to `skipped`, but for hidden ones. What is missing, unreadable or an empty folder is yielded
    with its error.
    """
    for source in sources:
        if source != STANDARD_INPUT and Path(source).is_dir():
            found = False
            for photo in _walk(source, skipped):
                found = True
                yield photo
            if not found:
                yield Photo(source, error="There are no photos in this folder.")
        else:
            yield Photo(source)


def _walk(folder: str, skipped: Skipped) -> Iterator[Photo]:
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (Path(parent) / name).is_symlink():
                skipped.add(Path(parent) / name, _LINKED)
        for name in sorted(files):
            if name.startswith("."):
                continue
            path = Path(parent) / name
            if path.suffix.lower() in SUFFIXES:
                yield Photo(str(path))
            else:
                skipped.add(path, _REASON_OF.get(path.suffix.lower(), _NO_PHOTO))
    for error in unreadable:
        yield Photo(str(error.filename), error=explained(error))


def open_photo(photo: Photo) -> None:
    """Give a photo its `image`, or its `error`."""
    if photo.error is not None:
        return
    try:
        if photo.name == STANDARD_INPUT:
            photo.image = open_image(sys.stdin.buffer)
        else:
            photo.image = open_image(Path(photo.name))
    except ImageError as error:
        photo.error = str(error)
    except (OSError, ValueError) as error:  # ValueError: a name that no file system allows
        photo.error = explained(error)


def in_batches(photos: Iterable[Photo], size: int) -> Generator[list[Photo], None, None]:
    """Batches of opened photos; the next one is opened while the last one is worked on."""
    remaining = iter(photos)
    with ThreadPoolExecutor(1, thread_name_prefix="opening") as thread:

        def opened() -> list[Photo]:
            batch = list(islice(remaining, size))
            for photo in batch:
                open_photo(photo)
            return batch

        coming = thread.submit(opened)
        while batch := coming.result():
            coming = thread.submit(opened)
            yield batch


def explained(error: OSError | ValueError) -> str:
    """Why a file or folder cannot be read, in a sentence."""
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "You are not allowed to read this: change its permissions."
    return f"It cannot be read: {getattr(error, 'strerror', None) or error}."


def readable(name: str) -> str:
    """A file's name as text that can be written anywhere; names need not be text."""
    return os.fsencode(name).decode(errors="replace")
