"""Keeps what was captioned already, so that a run that was killed goes on where it was.

A journal is a file of JSON lines beside the output: what made the captions first, then a line for
each photo, written as soon as its batch is captioned. Outputs are written anew from it. Only names
and places of lines are held in memory, so that libraries may be large.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn

from captioning.errors import CaptioningError
from captioning.library.records import Record, record_of

SUFFIX = ".progress"
_FORMAT = 1
_Stamp = tuple[int, int]


class LibraryError(CaptioningError):
    """Captions of a library cannot be written as asked."""


class Known(NamedTuple):
    """What is held in memory of a photo."""

    place: int
    """Where its line begins."""
    stamp: _Stamp | None
    is_captioned: bool
    has_thumbnail: bool
    beside: tuple[str, ...]


class Journal:
    """The journal of an output, locked for this process while it is open.

    Args:
        output: the file that the captions are for; the journal lies beside it.
        made_by: version and fingerprint of each model, and the options: what else was made by
            anything else is not mixed with these.
        restart: forget what is there.

    Raises:
        LibraryError: it holds captions of other models, is damaged, in use, or not writable.
    """

    def __init__(self, output: Path, made_by: Mapping[str, str], *, restart: bool = False) -> None:
        self.path = output.with_name(output.name + SUFFIX)
        self._base = output.absolute().parent
        self._known: dict[str, Known] = {}
        self._outputs: set[str] = set()
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise LibraryError(
                f"{self.path} cannot be written: {error.strerror}. It keeps how far the work is."
            ) from error
        self._file = os.fdopen(descriptor, "r+b")
        try:
            self._lock()
            if restart:
                self._file.truncate(0)
            self._read(output, made_by)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def key(self, file: str) -> str:
        """What a photo is called here: seen from the output, so that both can move together."""
        return os.path.relpath(file, self._base)

    def claim(self, outputs: Sequence[Path], *, restart: bool) -> None:
        """Say which files this journal's captions are written to.

        Raises:
            LibraryError: one is there, and this command did not write it.
        """
        for path in outputs:
            name = self.key(str(path))
            if path.exists() and name not in self._outputs and not restart:
                raise LibraryError(
                    f"{path} is there already, and was not written from {self.path.name}: "
                    "name another file, or add --restart to write it anew."
                )
        for path in outputs:
            name = self.key(str(path))
            if name not in self._outputs:
                self._outputs.add(name)
                self._append({"output": name})
        self._file.flush()

    def known(self, file: str, stamp: _Stamp | None) -> Known | None:
        """What there is of a photo that is as it was when it was captioned; None if nothing."""
        known = self._known.get(self.key(file))
        return known if known and known.is_captioned and known.stamp == stamp else None

    def find(self, file: str) -> Record | None:
        """What was stored last of a photo, be it as it is now or was before."""
        known = self._known.get(self.key(file))
        if known is None:
            return None
        self._file.seek(known.place)
        return record_of(json.loads(self._file.readline())["photo"])

    def add(self, records: Iterable[Record]) -> None:
        """Keep what became of photos; what was known of them before counts no more."""
        for record in records:
            key = self.key(record.file)
            place = self._append({"key": key, "photo": record.document()})
            self._known[key] = _known(place, record)
        self._file.flush()

    def _append(self, document: Mapping[str, Any]) -> int:
        place = self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(document).encode() + b"\n")
        return place

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LibraryError(
                f"{self.path} is in use by another run: wait for it, or name another file."
            ) from error

    def _read(self, output: Path, made_by: Mapping[str, str]) -> None:
        first = self._file.readline()
        if not first.endswith(b"\n"):
            self._file.truncate(0)
            self._append({"format": _FORMAT, "made_by": dict(made_by)})
            self._file.flush()
            return
        try:
            header = json.loads(first)
            before, known = header["made_by"], header["format"] == _FORMAT
        except (ValueError, KeyError, TypeError):
            self._damaged()
        if not known:
            self._damaged()
        if before != made_by:
            raise LibraryError(
                f"{output} has captions by {_listed(before)}; now they would be by "
                f"{_listed(made_by)}. Name another file to have both, or add --restart to caption "
                "everything again."
            )
        self._index()

    def _index(self) -> None:
        while True:
            place = self._file.tell()
            line = self._file.readline()
            if not line.endswith(b"\n"):  # the end, or what a killed run did not finish
                self._file.truncate(place)
                return
            try:
                document = json.loads(line)
                if "output" in document:
                    self._outputs.add(document["output"])
                    continue
                self._known[document["key"]] = _known(place, record_of(document["photo"]))
            except (ValueError, KeyError, TypeError):
                self._damaged()

    def _damaged(self) -> NoReturn:
        raise LibraryError(
            f"{self.path} is damaged, or of another version: add --restart to begin anew."
        )


def _known(place: int, record: Record) -> Known:
    return Known(place, record.stamp, bool(record.captions), bool(record.thumbnail), record.beside)


def _listed(made_by: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in made_by.items())
