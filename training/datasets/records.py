"""What every layout is read into, and the checks that every layout must pass."""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioning import CaptioningError
from captioning.vocabulary import tokenise
from captioning.web_pages import is_web_page

SPLITS = ("train", "dev", "test")
_PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"}
_OTHER_NAMES = {"val": "dev", "valid": "dev", "validation": "dev"}


class DatasetError(CaptioningError):
    """A dataset on disk is incomplete or malformed; the text names file and line or entry."""


@dataclass(frozen=True, slots=True)
class Record:
    """One photo."""

    name: str
    """Unique within the dataset: the file's name, with its folder where names may repeat."""
    image: Path
    captions: tuple[str, ...]
    """As people wrote them, untokenised; none of a photo outside the splits."""
    label: str = ""
    """What the dataset calls the thing in a photo without captions; empty if it does not say."""
    weights: tuple[float, ...] = ()
    """How sure each caption is, above 0; empty where all count alike."""


def canonical_split(split: str) -> str:
    """``train``, ``dev`` or ``test``; what others call ``val`` is ``dev`` here.

    Raises:
        DatasetError: for any other name.
    """
    split = _OTHER_NAMES.get(split, split)
    if split not in SPLITS:
        raise DatasetError(
            f"there is no split {split!r}: the splits are train, dev (also called val) and test"
        )
    return split


class MissingPhotoError(DatasetError):
    """A photo that a dataset tells of is not there."""


_left_out: ContextVar[list[str] | None] = ContextVar("left_out", default=None)


@contextmanager
def leaving_out_missing() -> Iterator[list[str]]:
    """Read datasets as if they did not tell of photos that are missing.

    Gives a list that is filled with where these are told of.
    """
    left_out: list[str] = []
    token = _left_out.set(left_out)
    try:
        yield left_out
    finally:
        _left_out.reset(token)


class RecordList:
    """Gathers the records of one split and refuses what no training should meet.

    A `where` is a place as a person looks it up: ``captions.csv, line 3``.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._first: dict[str, str] = {}

    def add(
        self,
        name: str,
        image: Path,
        captions: Sequence[str],
        where: str,
        weights: Sequence[float] = (),
    ) -> None:
        """Add a photo.

        Raises:
            DatasetError: when it was there already, has no captions, or its file is missing.
        """
        if name in self._records:
            raise DatasetError(f"{where}: {name} is listed twice, first in {self._first[name]}")
        if not captions:
            raise DatasetError(f"{where}: {name} has no captions")
        try:
            existing_file(image, where)
        except MissingPhotoError as error:
            if (left_out := _left_out.get()) is None:
                raise
            left_out.append(str(error))
            return
        self._records[name] = Record(name, image, tuple(captions), weights=tuple(weights))
        self._first[name] = where

    def of(self, source: Path, split: str) -> list[Record]:
        """The records, in the order they were added.

        Raises:
            DatasetError: when there are none.
        """
        if not self._records:
            raise DatasetError(f"{source} lists no photo of the split {split!r}")
        return list(self._records.values())


def existing_file(image: Path, where: str) -> Path:
    """The photo's path, when it is there.

    Raises:
        DatasetError: when it is not.
    """
    try:
        is_there = image.is_file()
    except OSError as error:
        raise DatasetError(
            f"{where}: the photo {image} cannot be read: {error.strerror}"
        ) from error
    if not is_there:
        raise MissingPhotoError(f"{where}: the photo {image} is missing")
    return image


def photos_beside(root: Path, mentioned: Iterable[Path]) -> list[Record]:
    """The photos that lie in the folders of those `mentioned`, without these, by name.

    Args:
        root: the dataset's folder, from which they are named.
        mentioned: every photo that the dataset's files tell of, whatever its split, so that none
            of a split that is kept apart is taken for one without captions.
    """
    known = set(mentioned)
    found = (path for folder in {path.parent for path in known} for path in _files(folder))
    return [
        Record(Path(os.path.relpath(path, root)).as_posix(), path, ())
        for path in sorted(found)
        if path.suffix.lower() in _PHOTOS and path not in known
    ]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def checked_caption(text: object, where: str) -> str:
    """The caption without the space around it.

    Raises:
        DatasetError: when it is no text or has no words.
    """
    if not isinstance(text, str):
        raise DatasetError(f"{where}: the caption is not a text")
    if not tokenise(text):
        raise DatasetError(f"{where}: the caption has no words")
    return text.strip()


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark; of a ``.gz``, what is in it.

    Raises:
        DatasetError: when it is missing, a web page or no such archive, or naming the line that is
            not UTF-8.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz" and not is_web_page(content):
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DatasetError(f"{path} is no gzip file, or only a part of one: {error}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    if is_web_page(content):
        raise DatasetError(f"{path}, line 1: a web page was saved in its place: download it again")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DatasetError(f"{path}, line {line}: not UTF-8 text") from error


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line that is not empty, behind its place in the file.

    Raises:
        DatasetError: see `read_text`.
    """
    # Not splitlines: it also splits at characters that may stand inside a caption.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}, line {number}", line.rstrip("\r")


def read_json(path: Path) -> Any:
    """The document in a JSON file.

    Raises:
        DatasetError: see `read_text`; or naming the line that is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise DatasetError(f"{path}: its lists or objects are nested too deeply") from error


def entries(path: Path, document: object, key: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Each object of the list ``document[key]``, behind its place in the file.

    Raises:
        DatasetError: when there is no such list, or an entry of it is no object.
    """
    listed = document.get(key) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise DatasetError(f"{path}: expected an object with a list called {key!r}")
    for index, entry in enumerate(listed):
        where = f"{path}, {key}[{index}]"
        if not isinstance(entry, dict):
            raise DatasetError(f"{where}: expected an object")
        yield where, entry


def field(entry: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    """The value of a field.

    Raises:
        DatasetError: when it is missing or not of that kind.
    """
    if name not in entry:
        raise DatasetError(f"{where}: the field {name!r} is missing")
    value = entry[name]
    if not isinstance(value, kind):
        raise DatasetError(f"{where}: the field {name!r} is {value!r}, not {_KINDS[kind]}")
    return value


_KINDS = {str: "a text", int: "a whole number", list: "a list"}


def existing_folder(root: Path, names: Sequence[str]) -> Path:
    """The first of the folders `names` that `root` holds.

    Raises:
        DatasetError: naming them all when it holds none.
    """
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise DatasetError(f"{root} has no folder of photos: expected {' or '.join(names)}")
