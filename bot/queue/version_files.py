"""The files of added versions: looked at before they are taken in, and again before they are used.

Each lies under DATA_DIR/models, named by its model, its version and the beginning of the SHA-256 of
its bytes, so that no file ever takes the place of another one.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from PIL import Image

from bot.data_folder import make_subfolder
from bot.queue.models import CaptionerLike, available_cores, threads_for
from captioning.card import CheckpointError
from captioning.catalogue import ENTRIES
from captioning.description import read_description

VERSION = re.compile(r"[\w.+-]{1,32}", re.ASCII)
_SUFFIX = ".safetensors"
_CHUNK = 2**20

LoadFile = Callable[[Path], CaptionerLike]


class VersionFileError(Exception):
    """A file cannot be used as a version of a model; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A file that was looked at and can be used."""

    model: str
    """The catalogue's name of the model that it is a version of."""
    version: str
    sha256: str


def load_file(path: Path) -> CaptionerLike:
    """A checkpoint ready for use; it takes seconds, the first time.

    Raises:
        CaptioningError: the file cannot be used.
    """
    from captioning import load_captioner  # it brings torch, or OpenVINO

    return load_captioner(path, threads=threads_for(len(ENTRIES), available_cores()))


def path_of(folder: Path, model: str, version: str, sha256: str) -> Path:
    """Where the file of a version lies."""
    return folder / f"{model}-{version}-{sha256[:12]}{_SUFFIX}"


def take_in(
    source: Path, folder: Path, *, model: str | None = None, load: LoadFile = load_file
) -> VersionFile:
    """Copy a file into `folder`, once it has captioned a test picture there.

    Args:
        model: the catalogue's name of the model that it is a version of; the name on its card when
            None.

    Raises:
        VersionFileError: it is damaged, no checkpoint, none of such a model, or cannot be copied.
        DataFolderError: the folder cannot be made.
    """
    model, version = _described(source, model)
    make_subfolder(folder)
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-", suffix=_SUFFIX)
        copy = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                sha256 = _copy(source, file)
            # What is tried is what is kept, whatever happens to the source meanwhile.
            _try(copy, source, load)
            copy.chmod(0o644)
            copy.replace(path_of(folder, model, version, sha256))
        finally:
            copy.unlink(missing_ok=True)
    except OSError as error:
        raise VersionFileError(
            f"{source} cannot be copied to {folder} ({error.strerror}); "
            "make room there, and see that you may write to it."
        ) from None
    return VersionFile(model, version, sha256)


def open_version(path: Path, sha256: str, load: LoadFile = load_file) -> CaptionerLike:
    """The model in the file of a version that was added.

    Raises:
        VersionFileError: it is missing, not the file that was added, or cannot be used here.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise VersionFileError(f"its file {path.name} is missing") from None
    except OSError as error:
        raise VersionFileError(f"its file {path.name} cannot be read: {error.strerror}") from None
    if found != sha256:
        raise VersionFileError(f"its file {path.name} is not the one that was added")
    try:
        return load(path)
    except Exception as error:  # whatever the engine raises: another version goes on answering
        raise VersionFileError(f"its file {path.name} cannot be used: {_line(error)}") from error


def _described(source: Path, model: str | None) -> tuple[str, str]:
    """Of which model a file is a version, and which."""
    try:
        description = read_description(source)
    except CheckpointError as error:
        raise VersionFileError(_line(error)) from None
    model = model or description.card.model
    entry = ENTRIES.get(model)
    if entry is None:
        raise VersionFileError(
            f"{source} is a model {model!r}, which this bot does not have; if it is a version of "
            f"one that it has ({', '.join(ENTRIES)}), say so with --model."
        )
    if description.decoder_config.has_attention != entry.has_attention:
        with_or_without = "with" if entry.has_attention else "without"
        raise VersionFileError(
            f"{source} is no version of {model}, which is a model {with_or_without} attention."
        )
    version = description.card.version
    if not VERSION.fullmatch(version):
        raise VersionFileError(
            f"{source} says that its version is {version!r}; publish it under a version of at most "
            "32 letters, digits, dots, hyphens, plus signs and underscores."
        )
    return model, version


def _copy(source: Path, target: IO[bytes]) -> str:
    """Copy a file to the disk; the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    with source.open("rb") as original:
        while chunk := original.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def _try(copy: Path, source: Path, load: LoadFile) -> None:
    try:
        load(copy).caption([Image.new("RGB", (64, 64), "gray")])
    except Exception as error:  # a foreign file may fail in any way
        cause = _line(error).replace(str(copy), str(source))
        if str(source) not in cause:
            cause = f"{source} cannot be used: {cause}"
        raise VersionFileError(cause) from error


def _line(error: Exception) -> str:
    """What an error says, in one line of bearable length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:299]}…"
