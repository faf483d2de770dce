"""The `caption` command: captions for photos on the command line."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from PIL import Image

from captioning.catalogue import ENTRIES, REMOTE
from captioning.confidence import is_unsure
from captioning.console import VersionOption, accept_every_name
from captioning.errors import CaptioningError, ImageError
from captioning.images import SUFFIXES, open_image

if TYPE_CHECKING:
    from captioning.captioner import Caption, Captioner

STANDARD_INPUT = "-"
BATCH_SIZE = 16
MOST_SKIPPED = 20
"""So many files that are no photos are named; the others are counted."""
MODEL_COMMANDS = ("models", "download", "import-seed", "bench")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(slots=True)
class Photo:
    """One photo on its way from a name to its captions, or to the error that ended it."""

    name: str
    image: Image.Image | None = None
    error: str | None = None
    captions: list["Caption"] = field(default_factory=list)


HELP = (
    "Describe photos in English, with each of the bundled networks.\n\n"
    "A photo that cannot be read gets a message, and the exit code becomes 1; "
    "the others are captioned all the same."
)
EPILOG = (
    "Models: `caption models` lists them, `caption download NAME` fetches one, "
    "`caption import-seed` converts the seed's, `caption bench` measures their speed. "
    "A file of such a name is reached as ./models."
)


@app.command(help=HELP, epilog=EPILOG)
def caption(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES_OR_FOLDERS",
            help="Photos, folders of photos (with all folders inside), or - for standard input.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per photo and line.")
    ] = False,
    beam: Annotated[
        int | None,
        typer.Option(
            min=1, max=20, help="Width of the beam search; 1 is greedy. Default: the model's own."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME_OR_PATH",
            help=f"{', '.join([*ENTRIES, *REMOTE])}, or a .safetensors file; can be repeated. "
            "Default: all that are bundled.",
        ),
    ] = None,
    attention: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE",
            help="Save a drawing of where the attention model looked at each word (one photo).",
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="What computes: auto, torch or openvino.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads to use. Default: all cores.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where downloaded models lie. Default: your cache folder."
        ),
    ] = None,
    _version: VersionOption = False,
) -> None:
    """Caption the photos in batches and print each batch at once, in the order of the names."""
    skipped: list[str] = []
    photos = list(find_photos(sources, skipped))
    if attention is not None:
        _check_attention(attention, photos)
    captioners: list[Captioner] = []
    failed = False
    for batch in _batches(photos, BATCH_SIZE):
        for photo in batch:
            _open(photo)
        readable = [photo for photo in batch if photo.image is not None]
        if readable:
            try:
                captioners = captioners or _load(model or list(ENTRIES), engine, threads, cache)
                _caption(readable, captioners, beam)
            except CaptioningError as error:
                _fail(str(error))
        for photo in batch:
            failed |= photo.error is not None
            _print(photo, captioners, as_json)
        if attention is not None and readable:
            _draw(attention, readable[0])
        for photo in batch:
            photo.image = None
        sys.stdout.flush()
    _tell_skipped(skipped)
    raise typer.Exit(1 if failed else 0)


def find_photos(sources: Iterable[str], skipped: list[str]) -> Iterator[Photo]:
    """Yield the photos that the arguments name, folders in order of their names.

    Inside a folder only files whose suffix promises an image count; the names of the others go to
    `skipped`, but for hidden ones. What is missing, unreadable or an empty folder is yielded with
    its error.
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


def _walk(folder: str, skipped: list[str]) -> Iterator[Photo]:
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in SUFFIXES:
                yield Photo(str(Path(parent) / name))
            else:
                skipped.append(str(Path(parent) / name))
    for error in unreadable:
        yield Photo(str(error.filename), error=_reason(error))


def _batches(photos: Iterable[Photo], size: int) -> Iterator[list[Photo]]:
    remaining = iter(photos)
    while batch := list(islice(remaining, size)):
        yield batch


def _open(photo: Photo) -> None:
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
        photo.error = _reason(error)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "You are not allowed to read this: change its permissions."
    return f"It cannot be read: {getattr(error, 'strerror', None) or error}."


def _load(
    names: Iterable[str], engine: str, threads: int | None, cache: Path | None
) -> list["Captioner"]:
    from captioning import load_captioner

    def load(name: str) -> "Captioner":
        return load_captioner(name, engine=engine, threads=threads, cache=cache)

    # Most of it is reading and compiling, which need no lock of Python's.
    with ThreadPoolExecutor() as pool:
        return list(pool.map(load, dict.fromkeys(names)))


def _caption(photos: list[Photo], captioners: list["Captioner"], beam: int | None) -> None:
    from captioning import caption_with_all

    images = [photo.image for photo in photos if photo.image is not None]
    for captions in caption_with_all(captioners, images, beam_size=beam):
        for photo, caption in zip(photos, captions, strict=True):
            photo.captions.append(caption)


def _print(photo: Photo, captioners: list["Captioner"], as_json: bool) -> None:
    if as_json:
        print(json.dumps(_as_dictionary(photo)))
        return
    name = _readable(photo.name)
    if photo.error is not None:
        sys.stdout.flush()  # keeps messages and captions in order where both go to one place
        typer.echo(f"{name}: {photo.error}", err=True)
        return
    typer.secho(name, bold=True)
    width = max(len(captioner.title) for captioner in captioners)
    for captioner, caption in zip(captioners, photo.captions, strict=True):
        doubt = "  (unsure)" if is_unsure(caption.confidence) else ""
        typer.echo(f"  {captioner.title:<{width}}  {caption.text}{doubt}")


def _readable(name: str) -> str:
    return os.fsencode(name).decode(errors="replace")


def _tell_skipped(names: list[str]) -> None:
    if not names:
        return
    told = [f"  {_readable(name)}" for name in names[:MOST_SKIPPED]]
    if len(names) > MOST_SKIPPED:
        told.append(f"  and {len(names) - MOST_SKIPPED} more")
    typer.echo("\n".join(["Skipped, as their names promise no photo:", *told]), err=True)


def _as_dictionary(photo: Photo) -> dict[str, object]:
    if photo.error is not None:
        return {"file": photo.name, "error": photo.error}
    captions = [
        {
            "model": caption.model,
            "version": caption.version,
            "text": caption.text,
            "words": list(caption.words),
            "log_probability": caption.log_probability,
            "confidence": caption.confidence,
        }
        for caption in photo.captions
    ]
    return {"file": photo.name, "captions": captions}


def _check_attention(path: Path, photos: list[Photo]) -> None:
    if len(photos) != 1:
        _fail(f"--attention draws one photo, and there are {len(photos)}: name just one.")
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        _fail(f"--attention needs a file name that ends in {', '.join(PICTURE_SUFFIXES)}.")


def _draw(path: Path, photo: Photo) -> None:
    from captioning.attention import draw_attention

    looked = [caption for caption in photo.captions if caption.attention is not None]
    if not looked or photo.image is None:
        names = [entry.name for entry in ENTRIES.values() if entry.has_attention]
        _fail(f"--attention needs a model with attention: add --model {' or '.join(names)}.")
    try:
        draw_attention(photo.image, looked[0]).save(path)
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror or error}.")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the `caption` command."""
    accept_every_name()
    if sys.argv[1:2] and sys.argv[1] in MODEL_COMMANDS:
        from captioning.model_commands import app as model_commands

        model_commands()
    else:
        app()


if __name__ == "__main__":
    main()
