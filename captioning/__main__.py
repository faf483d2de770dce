"""The `caption` command: captions for photos on the command line."""

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from captioning.catalogue import ENTRIES, REMOTE
from captioning.confidence import is_unsure
from captioning.console import VersionOption, accept_every_name
from captioning.errors import CaptioningError
from captioning.library.finding import Photo, Skipped, find_photos, in_batches, readable
from captioning.library.records import Said, Sidecar, public

if TYPE_CHECKING:
    from captioning.captioner import Captioner

BATCH_SIZE = 16
MODEL_COMMANDS = ("models", "download", "import-seed", "bench")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


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
    out: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write the captions into FILE.csv, .jsonl, .txt or .html (a gallery); can be "
            "repeated. The same command goes on where a run was stopped, and adds new photos.",
        ),
    ] = None,
    sidecar: Annotated[
        list[Sidecar] | None,
        typer.Option(
            help="With --out, also write IMG.txt or IMG.jpg.xmp beside each photo.",
        ),
    ] = None,
    embed: Annotated[
        bool,
        typer.Option(
            "--embed",
            help="With --out, also write the likeliest caption into each JPEG and PNG, as XMP; "
            "the pixels stay as they are.",
        ),
    ] = False,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart", help="With --out, caption everything again and replace what is there."
        ),
    ] = False,
    _version: VersionOption = False,
) -> None:
    """Caption the photos in batches and print each batch at once, in the order of the names."""
    names = model or list(ENTRIES)
    if out:
        if as_json or attention is not None:
            _fail("--out writes files; leave out --json and --attention (or use --out FILE.jsonl).")
        _caption_library(sources, names, engine, threads, cache, beam, out, sidecar, embed, restart)
    if sidecar or embed or restart:
        _fail(
            "--sidecar, --embed and --restart need --out FILE, beside which it is kept what was "
            "done already."
        )
    skipped = Skipped()
    photos = list(find_photos(sources, skipped))
    if attention is not None:
        _check_attention(attention, photos)
    captioners: list[Captioner] = []
    failed = False
    for batch in in_batches(photos, BATCH_SIZE):
        readable_ones = [photo for photo in batch if photo.image is not None]
        if readable_ones:
            try:
                captioners = captioners or _load(names, engine, threads, cache)
                _caption(readable_ones, captioners, beam)
            except CaptioningError as error:
                _fail(str(error))
        for photo in batch:
            failed |= photo.error is not None
            _print(photo, captioners, as_json)
        if attention is not None and readable_ones:
            _draw(attention, readable_ones[0])
        for photo in batch:
            photo.image = None
        sys.stdout.flush()
    for line in skipped.report():
        typer.echo(line, err=True)
    raise typer.Exit(1 if failed else 0)


def _caption_library(
    sources: list[str],
    names: Iterable[str],
    engine: str,
    threads: int | None,
    cache: Path | None,
    beam: int | None,
    out: list[Path],
    sidecar: list[Sidecar] | None,
    embed: bool,
    restart: bool,
) -> NoReturn:
    from captioning.library import run as library
    from captioning.library.journal import SUFFIX
    from captioning.library.progress import Progress

    try:
        plan = library.Plan(out, sidecar or (), embed, restart)
        skipped = Skipped(own=[*out, out[0].with_name(out[0].name + SUFFIX)])
        photos = list(find_photos(sources, skipped))
        captioners = _load(names, engine, threads, cache)
        progress = Progress(len(photos))
        try:
            outcome = library.run(
                photos,
                plan,
                captioners,
                lambda batch: _caption(batch, captioners, beam),
                beam,
                progress.advance,
                BATCH_SIZE,
            )
        finally:
            progress.close()
    except CaptioningError as error:
        _fail(str(error))
    for line in [*skipped.report(), *library.report(outcome)]:
        typer.echo(line, err=True)
    raise typer.Exit(130 if outcome.left else 1 if outcome.failed or outcome.not_written else 0)


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
        print(json.dumps(public(photo.name, list(map(Said.of, photo.captions)), photo.error)))
        return
    name = readable(photo.name)
    if photo.error is not None:
        sys.stdout.flush()  # keeps messages and captions in order where both go to one place
        typer.echo(f"{name}: {photo.error}", err=True)
        return
    typer.secho(name, bold=True)
    width = max(len(captioner.title) for captioner in captioners)
    for captioner, caption in zip(captioners, photo.captions, strict=True):
        doubt = "  (unsure)" if is_unsure(caption.confidence) else ""
        typer.echo(f"  {captioner.title:<{width}}  {caption.text}{doubt}")


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
