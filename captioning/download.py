"""Fetching the catalogue's remote models, once; afterwards they work without a network."""

import hashlib
import json
import tempfile
from pathlib import Path

import gdown
from gdown.exceptions import DownloadError as GdownError

from captioning.catalogue import REMOTE, RemoteFile, UnknownModelError, cached_path, default_cache
from captioning.errors import CaptioningError
from captioning.web_pages import BEGINNING, is_web_page

TIMEOUT = 60
"""Seconds to wait for the server, at the start and between bytes."""
_RECORD = "downloads.json"


class DownloadError(CaptioningError):
    """A file could not be fetched, or what came is not that file."""


def download_model(
    name: str,
    cache: Path | None = None,
    *,
    vocabulary: Path | None = None,
    encoder_weights: Path | None = None,
    again: bool = False,
) -> Path:
    """Fetch a remote model, convert it and keep the checkpoint in the cache.

    A model that is in the cache already is left as it is.

    Args:
        name: one of `captioning.catalogue.REMOTE`.
        cache: folder of downloaded models; the user's own when None.
        vocabulary: the pickled word list, where it is at hand; otherwise it is fetched too.
        encoder_weights: see `captioning.encoders.load_encoder_weights`.
        again: fetch it anew though it is there.

    Returns:
        The checkpoint's path.

    Raises:
        UnknownModelError: when the catalogue has no such remote model.
        DownloadError: when a file cannot be fetched or is not what it should be.
        CaptioningError: when the fetched files cannot be converted.
    """
    if name not in REMOTE:
        raise UnknownModelError(
            f"{name!r} is no model that can be downloaded: choose {' or '.join(REMOTE)}"
        )
    target = cached_path(name, cache)
    if target.is_file() and not again:
        return target
    from captioning.encoders import load_encoder_weights  # brings torch
    from captioning.seed.importer import convert

    model = REMOTE[name]
    folder = cache or default_cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In the same folder, so that the finished file only has to be renamed.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as temporary:
            record = _read_record(folder)
            # The large file comes last: it should not be fetched in vain.
            encoder = load_encoder_weights(model.encoder, encoder_weights)
            fetched = {}
            if vocabulary is None:
                vocabulary = Path(temporary) / model.vocabulary.name
                fetched[model.vocabulary.name] = fetch(model.vocabulary, vocabulary, record)
            weights = Path(temporary) / model.weights.name
            fetched[model.weights.name] = fetch(model.weights, weights, record)
            converted = Path(temporary) / target.name
            convert(weights, vocabulary, encoder_weights=encoder).save(converted)
            converted.replace(target)
            _write_record(folder, Path(temporary), record | fetched)
    except OSError as error:
        raise DownloadError(f"{folder} cannot hold the model: {error.strerror or error}") from error
    return target


def fetch(file: RemoteFile, path: Path, recorded: dict[str, str] | None = None) -> str:
    """Download a file to `path`, with a progress bar, and check it.

    Args:
        recorded: checksums of earlier downloads by file name, for files without a published one.

    Returns:
        Its SHA-256 in hexadecimal digits.

    Raises:
        DownloadError: in one sentence what went wrong.
    """
    try:
        gdown.download(
            url=None if file.drive_id else file.url,
            id=file.drive_id,
            output=str(path),
            use_cookies=False,
            timeout=TIMEOUT,
        )
    except GdownError as error:
        raise DownloadError(
            f"{file.name} was not handed out: its daily download quota may be used up, or it is no "
            f"longer shared; try again tomorrow, or fetch {file.url} with a browser and run "
            "`caption import-seed`"
        ) from error
    except OSError as error:
        if not hasattr(error, "request"):  # the disk, not the network
            raise
        response = getattr(error, "response", None)
        if response is not None:
            raise DownloadError(
                f"{file.name} could not be downloaded: the server answered {response.status_code} "
                f"for {file.url}; try again later"
            ) from error
        raise DownloadError(
            f"{file.name} could not be downloaded from {file.url}: "
            "check this machine's network connection and try again"
        ) from error
    with path.open("rb") as content:
        if is_web_page(content.read(BEGINNING)):
            raise DownloadError(
                f"a web page came instead of {file.name}: sign in where this network asks for it, "
                "or wait a day where Google Drive's download quota is used up, then try again"
            )
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if file.sha256 is not None and digest != file.sha256:
        raise DownloadError(
            f"{file.name} is damaged or was replaced: its SHA-256 is {digest}, not {file.sha256}"
        )
    earlier = (recorded or {}).get(file.name, digest)
    if digest != earlier:
        raise DownloadError(
            f"{file.name} is not the file of the first download: its SHA-256 is {digest}, and was "
            f"{earlier}; delete {_RECORD} in the cache if you trust the new one"
        )
    return digest


def _read_record(folder: Path) -> dict[str, str]:
    """Checksums of earlier downloads by file name."""
    try:
        text = (folder / _RECORD).read_text()
    except FileNotFoundError:
        return {}
    try:
        return {str(name): str(digest) for name, digest in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise DownloadError(f"{folder / _RECORD} is damaged: delete it") from error


def _write_record(folder: Path, temporary: Path, record: dict[str, str]) -> None:
    written = temporary / _RECORD
    written.write_text(json.dumps(record, indent=2) + "\n")
    written.replace(folder / _RECORD)
