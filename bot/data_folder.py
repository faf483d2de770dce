"""The folder with everything that the bot keeps; one bot at a time uses it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "bot.lock"


class DataFolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Make the folder where there is none, and hold it for this process alone.

    The lock goes with the process, however it ends.

    Raises:
        DataFolderError: another bot uses it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise DataFolderError(
            f"The data folder {folder} cannot be written to ({error.strerror}); "
            "change its permissions, or set DATA_DIR to another one."
        ) from None
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
        yield


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
