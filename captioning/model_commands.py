"""The `caption` command's work on models: list them, fetch them, import the seed's."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from captioning.card import Card, read_card
from captioning.catalogue import ENTRIES, REMOTE, cached_path, default_cache, title
from captioning.errors import CaptioningError

app = typer.Typer(
    name="caption",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="List, fetch, import and measure models.",
)

_SCORES = {"cider": "CIDEr", "bleu4": "BLEU-4"}
"""Of a card's scores those that tell most."""

Cache = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where downloaded models lie. Default: your cache folder."),
]
EncoderWeights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="ImageNet weights of the encoder (a .safetensors or .pth of torchvision's whole "
        "classifier). Default: torchvision's own, which are downloaded once.",
    ),
]


@app.command("models")
def list_models(cache: Cache = None) -> None:
    """List the models that are here, and those that can be downloaded."""

    def describe(name: str, path: Path) -> str:
        try:
            return f"  {_label(name)}  {_summary(read_card(path), path)}"
        except CaptioningError as error:
            return f"  {_label(name)}  unusable: {error}"

    typer.secho("Bundled", bold=True)
    for entry in ENTRIES.values():
        typer.echo(describe(entry.name, entry.path))
    downloaded = {name: cached_path(name, cache) for name in REMOTE}
    typer.secho("To download (caption download NAME)", bold=True)
    for name, model in REMOTE.items():
        if downloaded[name].is_file():
            typer.echo(describe(name, downloaded[name]) + ", in the cache")
        else:
            size = model.weights.megabytes
            typer.echo(f"  {_label(name)}  about {size:g} MB to fetch, not in the cache")
    typer.echo(f"The cache is {cache or default_cache()}.")


@app.command()
def download(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{' or '.join(REMOTE)}.")],
    cache: Cache = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The seed's vocab.pkl. Default: it is downloaded too."),
    ] = None,
    encoder_weights: EncoderWeights = None,
    again: Annotated[
        bool, typer.Option("--again", help="Fetch it anew though it is in the cache.")
    ] = False,
) -> None:
    """Fetch a model of the catalogue and convert it; afterwards it works offline by its name."""
    from captioning.download import download_model

    model = REMOTE.get(name)
    present = model is not None and cached_path(name, cache).is_file() and not again
    if model is not None and not present and model.weights.sha256 is None:
        typer.echo(
            f"Nobody has published a checksum of {model.weights.name} (about "
            f"{model.weights.megabytes:g} MB): its SHA-256 is recorded now, and a later download "
            "must have the same. Nothing in the file is executed.",
            err=True,
        )
    try:
        path = download_model(
            name, cache, vocabulary=vocabulary, encoder_weights=encoder_weights, again=again
        )
    except CaptioningError as error:
        _fail(str(error))
    typer.echo(f"{name} is {'already' if present else 'now'} at {path}.")
    typer.echo(f"Use it with: caption --model {name} PHOTO")


@app.command("import-seed")
def import_seed(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="The seed's model.pt or model_attention.pt.")
    ],
    vocabulary: Annotated[Path, typer.Argument(metavar="VOCABULARY", help="The seed's vocab.pkl.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The checkpoint to write. Default: its name with .safetensors, in this folder.",
        ),
    ] = None,
    encoder_weights: EncoderWeights = None,
) -> None:
    """Convert the seed repository's pickled model; nothing in its files is executed."""
    from captioning.seed.importer import convert  # brings torch

    if output is not None:
        _check_new(output)
    try:
        checkpoint = convert(model, vocabulary, encoder_weights=encoder_weights)
    except CaptioningError as error:
        _fail(str(error))
    path = output or Path(f"{checkpoint.card.model}.safetensors")
    _check_new(path)
    try:
        checkpoint.save(path)
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror or error}.")
    typer.echo(f"{title(checkpoint.card.model)} is now at {path}.")
    typer.echo(f"Use it with: caption --model {path} PHOTO")


@app.command()
def bench(
    photos: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Photos (.jpg) to caption. Default: drawn ones."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each thing is measured.")] = 30,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON of the last run, to show and to replace."),
    ] = None,
) -> None:
    """Measure captions against what the hardware allows (the machine should be idle)."""
    try:
        from captioning import benchmark

        rows = benchmark.benchmark(photos, rounds)
    except ImportError as error:
        _fail(f"caption bench needs the package {error.name}: pip install {error.name}")
    except CaptioningError as error:
        _fail(str(error))
    benchmark.show(rows, benchmark.read_results(results) if results else {})
    if results is not None:
        benchmark.write_results(results, rows)


def _label(name: str) -> str:
    """A model's name and title, in columns."""
    names = [*ENTRIES, *REMOTE]
    titles = max(len(title(each)) for each in names)
    return f"{name:<{max(map(len, names))}}  {title(name):<{titles}}"


def _summary(card: Card, path: Path) -> str:
    size = f"{path.stat().st_size / 1e6:.1f} MB"
    scores = [
        f"{title} {card.scores[name]:.1f}" for name, title in _SCORES.items() if name in card.scores
    ]
    return ", ".join([f"version {card.version}", size, *scores])


def _check_new(path: Path) -> None:
    if path.suffix != ".safetensors":
        _fail("--output needs a file name that ends in .safetensors.")
    if path.exists():
        _fail(f"{path} exists already: move it away, or name another file with --output.")
    if not path.absolute().parent.is_dir():
        _fail(f"There is no folder {path.absolute().parent}: make it, or choose another --output.")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
