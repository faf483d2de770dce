"""The folder with everything that the bot keeps: one bot at a time uses it, nobody else sees it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

LOCK = "bot.lock"
OURS = (
    "captionbot*.db*",
    LOCK,
    "bot.alive",
    "export.key",
    "photos*",
    "backups",
    "exports",
    "sandbox",
)
"""What lies in it. It may be a folder with more, which is none of our business."""
OTHERS = 0o077
"""What everybody but the owner of a file may do with it."""


class DataFolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


def check(folder: Path) -> bool:
    """Whether there is such a folder; if not, it can be made. Leaves nothing behind.

    Raises:
        DataFolderError: it is none, cannot be made, or cannot be written to.
    """
    try:
        place = next(it for it in (folder.absolute(), *folder.absolute().parents) if it.exists())
        if not place.is_dir():
            raise DataFolderError(f"{place} is not a folder; set DATA_DIR to one.")
        # Permissions tell too little: of a disk that is read-only, or of /proc.
        with TemporaryDirectory(dir=place, prefix=".captionbot-"):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None
    return place == folder.absolute()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Make the folder where there is none, and hold it for this process alone.

    What lies in it is for its owner only from now on. The lock goes with the process, however it
    ends.

    Raises:
        DataFolderError: another bot uses it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise DataFolderError(
                f"The data folder {folder} is in use by another bot (process {holder}); "
                "stop that one, or set DATA_DIR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        make_private(folder)
        yield


def make_private(folder: Path) -> None:
    """Take all rights to a data folder, and to what we keep in it, from everybody else.

    What belongs to somebody else stays as it is.
    """
    _close(folder)
    for pattern in OURS:
        for path in folder.glob(pattern):
            _close(path)
            for inside in path.rglob("*") if path.is_dir() and not path.is_symlink() else ():
                _close(inside)


def is_open(path: Path) -> bool:
    """Whether others than its owner may read, write or enter a file or folder."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def make_subfolder(folder: Path) -> None:
    """Make a folder in the data folder, where there is none.

    Raises:
        DataFolderError: there is something else, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"The folder {folder} cannot be made ({error.strerror}); move away what is there, "
            "or change its permissions."
        ) from None


def holder(folder: Path) -> str | None:
    """The id of the process that holds a folder, or None when it is free (or not there)."""
    try:
        with (folder / LOCK).open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return lock.read().strip() or "unknown"
    except OSError:
        return None
    return None


def _close(path: Path) -> None:
    # Of a file that is deleted meanwhile, or somebody else's, nothing needs to be said.
    with suppress(OSError):
        mode = path.lstat().st_mode
        if mode & OTHERS and not path.is_symlink():
            path.chmod(mode & 0o7777 & ~OTHERS)


def _unwritable(folder: Path, error: OSError) -> DataFolderError:
    return DataFolderError(
        f"The data folder {folder} cannot be written to ({error.strerror}); "
        "change its permissions, or set DATA_DIR to another one."
    )
