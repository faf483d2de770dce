"""Exports of the bot, read strictly; `docs/export.md` describes the format.

Nothing is unpacked: names inside the zip never become paths, and each photo is checked against the
hash that names it.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from captioning import CaptioningError
from captioning.images import MAX_BYTES
from training.feedback.export_lines import CaptionLine, CorrectionLine, LineError, parse_line

FORMAT = 1
"""The newest format that is read."""

_LINES = "feedback.jsonl"
_MANIFEST = "manifest.json"
_PHOTO = re.compile(r"photos/([0-9a-f]{64})\.(?:jpg|png)")
_LONGEST_LINE = 8 * 1024 * 1024
_LARGEST_MANIFEST = 1024 * 1024
_COUNTS = ("captions", "corrections")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError)
_UNREADABLE = (NotImplementedError, RuntimeError)
"""What zipfile raises for compressions that it does not know, and for passwords."""


class ExportError(CaptioningError):
    """An export cannot be used; the text names the file and, where there is one, the line."""


@dataclass(frozen=True, slots=True)
class Export:
    """One state of a bot's feedback."""

    name: str
    """Of its file; for reports, it need not exist."""
    exported_at: datetime
    captions: tuple[CaptionLine, ...]
    corrections: tuple[CorrectionLine, ...]
    photos: Mapping[str, bytes]
    """The kept photos by the SHA-256 of their bytes; not all that lines name need be there."""
    sha256: str = ""
    """Of the file's bytes; empty for an export that was never a file."""


class ZipPhotos(Mapping[str, bytes]):
    """Photos of an export's zip, read when they are asked for; several threads may ask."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        matches = (_PHOTO.fullmatch(name) for name in archive.namelist())
        self._names = {match[1]: match[0] for match in matches if match}

    def __getitem__(self, sha256: str) -> bytes:
        name = self._names[sha256]
        where = f"{self._archive.filename}, {name}"
        if self._archive.getinfo(name).file_size > MAX_BYTES:
            raise ExportError(f"{where}: larger than any photo")
        with _explained(where), self._archive.open(name) as file:
            content = file.read(MAX_BYTES + 1)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ExportError(f"{where}: its bytes have another SHA-256 than its name says")
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._names


def read_export(path: Path) -> Export:
    """Read an export and check all of it, its photos too.

    The zip stays open as long as the export is in use.

    Raises:
        ExportError: for a file that is missing, no zip, damaged or of another format, a line that
            is not as described, a photo whose bytes are others.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise ExportError(f"{path} is missing") from error
    except zipfile.BadZipFile as error:
        raise ExportError(f"{path} is no zip file, or not all of it: export again") from error
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    _check_names(path, archive)
    manifest = _read_manifest(path, archive)
    lines = list(_read_lines(path, archive))
    captions = tuple(line for _, line in lines if isinstance(line, CaptionLine))
    corrections = tuple(line for _, line in lines if isinstance(line, CorrectionLine))
    for name, found in zip(_COUNTS, (captions, corrections), strict=True):
        if manifest[name] != len(found):
            raise ExportError(
                f"{path}, {_LINES}: {len(found)} {name}, and {_MANIFEST} speaks of "
                f"{manifest[name]}: export again"
            )
    photos = ZipPhotos(archive)
    _check_photos(lines, photos)
    return Export(path.name, manifest["exported_at"], captions, corrections, photos, digest)


def _check_names(path: Path, archive: zipfile.ZipFile) -> None:
    seen = set()
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", name):
            raise ExportError(f"{path}: {name!r} leads out of the zip: no export of the bot")
        if name in seen:
            raise ExportError(f"{path}: {name!r} is in it twice")
        seen.add(name)
    for name in (_MANIFEST, _LINES):
        if name not in seen:
            raise ExportError(f"{path} has no {name}: no export of the bot")


def _read_manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    where = f"{path}, {_MANIFEST}"
    try:
        with _explained(where), archive.open(_MANIFEST) as file:
            manifest = json.loads(file.read(_LARGEST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{where}: not JSON") from error
    written = manifest.get("format") if isinstance(manifest, dict) else None
    if type(written) is not int:
        raise ExportError(f"{where}: it names no format: no export of the bot")
    if written != FORMAT:
        raise ExportError(
            f"{where}: format {written}, and {FORMAT} is the one that can be read here: use the "
            "caption-train of the bot's version"
        )
    for name in _COUNTS:
        if type(manifest.get(name)) is not int:
            raise ExportError(f"{where}: the field {name!r} is no whole number")
    try:
        moment = datetime.fromisoformat(manifest["exported_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{where}: the field 'exported_at' is no time") from error
    # Without a zone it is taken for UTC, so that exports can be ordered in any case.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {**manifest, "exported_at": moment.astimezone(UTC)}


def _read_lines(
    path: Path, archive: zipfile.ZipFile
) -> Iterator[tuple[str, CaptionLine | CorrectionLine]]:
    """Each line of a known kind, behind its place."""
    with _explained(f"{path}, {_LINES}"), archive.open(_LINES) as file:
        for number, line in enumerate(_bounded_lines(file), start=1):
            where = f"{path}, {_LINES}, line {number}"
            if len(line) > _LONGEST_LINE:
                raise ExportError(f"{where}: longer than any line of the bot")
            if not line.strip():
                continue
            try:
                parsed = parse_line(line)
            except LineError as error:
                raise ExportError(f"{where}: {error}") from error
            if parsed is not None:
                yield where, parsed


def _bounded_lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE + 1):
        yield line


def _check_photos(lines: list[tuple[str, CaptionLine | CorrectionLine]], photos: ZipPhotos) -> None:
    first: dict[str, str] = {}
    for where, line in lines:
        if line.image is not None and line.image in photos:
            first.setdefault(line.image, where)

    def problem(sha256: str) -> str | None:
        try:
            photos[sha256]
        except ExportError as error:
            return str(error)
        return None

    # Hashing and inflating run outside the interpreter's lock.
    with ThreadPoolExecutor() as threads:
        for where, found in zip(first.values(), threads.map(problem, first), strict=True):
            if found:
                threads.shutdown(wait=False, cancel_futures=True)
                raise ExportError(f"{where}: its photo cannot be used ({found})")


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turn what zipfile raises into an `ExportError` about `where`."""
    try:
        yield
    except _DAMAGE as error:
        raise ExportError(f"{where}: damaged: export again") from error
    except RecursionError:
        raise
    except _UNREADABLE as error:
        raise ExportError(f"{where}: packed in a way that is not read here") from error
