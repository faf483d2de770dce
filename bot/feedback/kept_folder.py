"""The folder with the kept photos: files named by their content, and what may go wrong with it."""

import filecmp
import logging
import re
from collections.abc import Iterable, Set
from itertools import count
from pathlib import Path

logger = logging.getLogger(__name__)

UNFINISHED = re.compile(r"[0-9a-f]{64}\.part")
PROBE = ".probe"
PROBE_BYTES = 4096
"""A disk that has no room for so little is full."""


class KeptFolderError(Exception):
    """Nothing can be kept in the folder, or deleted from it, now; the text says why."""


class KeptFolder:
    """A folder of files, and beside it the one for files that the database does not know.

    Such files are put aside and never deleted: the database may be an older copy, or a new one
    that was meant for somewhere else. They come back as soon as a database knows them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.aside = path.with_name(f"{path.name}-aside")

    def trouble(self) -> str | None:
        """Why nothing can be kept; None when something can. Makes the folder where it is gone."""
        probe = self.path / PROBE
        try:
            self._make()
            probe.write_bytes(bytes(PROBE_BYTES))
            probe.unlink()
        except OSError as error:
            return error.strerror or type(error).__name__
        return None

    def write(self, name: str, content: bytes) -> None:
        """Let there be a file of this name; cut off, it leaves none.

        Raises:
            KeptFolderError
        """
        temporary = (self.path / name).with_suffix(".part")
        try:
            self._make()
            temporary.write_bytes(content)
            temporary.replace(self.path / name)
            (self.aside / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._error(error) from error

    def delete(self, names: Iterable[str]) -> None:
        """Let there be no files of these names, not even among those put aside.

        Raises:
            KeptFolderError
        """
        try:
            for name in names:
                (self.path / name).unlink(missing_ok=True)
                (self.aside / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._error(error) from error

    def files(self) -> tuple[int, int]:
        """How many files are kept, and their bytes together."""
        number = size = 0
        for path in _files_in(self.path):
            try:
                size += path.stat().st_size
            except FileNotFoundError:
                continue  # deleted in the meantime
            number += 1
        return number, size

    def sort(self, known: Set[str]) -> None:
        """Put files aside that are not `known`, and take back those that are.

        Folders that somebody else has made in it stay where they are.

        Raises:
            KeptFolderError
        """
        try:
            self._make()
            for path in _files_in(self.path):
                if UNFINISHED.fullmatch(path.name):
                    path.unlink()  # half of a photo, which is fetched again
            unknown = [path for path in _files_in(self.path) if path.name not in known]
            for path in unknown:
                self.aside.mkdir(exist_ok=True)
                _move(path, self.aside)
            for path in _files_in(self.aside):
                if path.name in known:
                    _move(path, self.path)
        except OSError as error:
            raise self._error(error) from error
        if unknown:
            logger.warning(
                "%d files in %s are not in the database; they were put aside, into %s. If the "
                "database is an older copy or the wrong one, they come back with the right one",
                len(unknown),
                self.path,
                self.aside,
            )

    def _make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    def _error(self, error: OSError) -> KeptFolderError:
        cause = error.strerror or type(error).__name__
        return KeptFolderError(f"{self.path} cannot be used ({cause})")


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _move(path: Path, folder: Path) -> None:
    """Move a file into a folder; another of its name there is not overwritten."""
    target = folder / path.name
    numbers = count(2)
    while target.exists() and not filecmp.cmp(path, target, shallow=False):
        target = folder / f"{path.stem}-{next(numbers)}{path.suffix}"
    path.replace(target)
