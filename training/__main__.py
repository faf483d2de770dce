"""The `caption-train` command."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from captioning import CaptioningError
from captioning.console import VersionOption, accept_every_name
from simulation.command import simulate
from training.calibrate_command import calibrate
from training.data_commands import DATASET, Threads, pair, prepare
from training.feedback import commands
from training.measuring_commands import benchmark, fidelity
from training.options import new_file_option as _new_file_option

app = typer.Typer(
    help="Prepare data, train, evaluate and publish captioning models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(version: VersionOption = False) -> None:
    pass


app.command()(prepare)
app.command()(pair)


def _captioned(prepared: Path) -> list[Path]:
    """The datasets with captions that a folder was prepared from."""
    from training.prepared import sources_of

    return [Path(source.path) for source in sources_of(prepared) if any(source.captions.values())]


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="TOML configuration of the run.")],
    prepared: Annotated[Path, typer.Option(help="Folder of 'prepare'.")] = Path("cache/flickr8k"),
    run: Annotated[
        Path | None,
        # torchrun takes --run for an abbreviation of an option of its own, hence the other name.
        typer.Option(
            "--run",
            "--out",
            help="Folder of the run, resumed when begun; named after CONFIG in runs when unset.",
        ),
    ] = None,
    encoder_weights: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Weights of the torchvision classifier; its hub's when unset.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="Any classifier of torchvision's list; the configuration's when unset."),
    ] = None,
    threads: Threads = None,
) -> None:
    """Train a model, or go on with an interrupted training.

    Started by torchrun, several processes share the work and one of them writes.
    """
    from dataclasses import replace

    import torch

    from training.config import load_config, run_name
    from training.processes import joined_processes
    from training.train import Trainer

    if threads:
        torch.set_num_threads(threads)
    settings = load_config(config)
    name = run_name(config)
    if encoder and encoder != settings.encoder:
        settings, name = replace(settings, encoder=encoder), f"{name}-{encoder}"
    folder = run or Path("runs") / name
    with joined_processes():
        Trainer(settings, prepared, folder, encoder_weights).fit()


@app.command()
def evaluate(
    datasets: Annotated[list[Path], typer.Argument(metavar="DATASET...", help=DATASET)],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Model name, checkpoint file or folder of a run; the bundled models when unset. "
            "Can be repeated."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train, dev (or val) or test.")] = "dev",
    beam: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Beam size; the model's own when unset. Can be repeated."),
    ] = None,
    block_ngram: Annotated[
        int | None,
        typer.Option(
            min=0, help="Length of n-grams not repeated, 0 allows all; the model's own when unset."
        ),
    ] = None,
    logit_adjustment: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Favour of rare words, 0 for none; the model's own when unset."
        ),
    ] = None,
    json: Annotated[Path | None, _new_file_option("File for captions and scores.")] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino.")] = "auto",
    java: Annotated[bool, typer.Option(help="METEOR and SPICE too, where Java is there.")] = True,
) -> None:
    """Caption a split of datasets as users' photos are captioned, and score each."""
    from captioning import MODELS
    from training.reports import evaluate_all

    beams: list[int | None] = [*beam] if beam else [None]
    evaluate_all(
        datasets,
        model or list(MODELS),
        split,
        beams,
        json,
        engine=engine,
        java=java,
        block_ngram=block_ngram,
        logit_adjustment=logit_adjustment,
    )


@app.command()
def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...", help="Folders of runs, checkpoint files or names of bundled models."
        ),
    ],
    dataset: Annotated[
        list[Path] | None,
        typer.Option(help=DATASET + " Can be repeated; those of --prepared when unset."),
    ] = None,
    prepared: Annotated[Path, typer.Option(help="Folder of 'prepare'.")] = Path("cache/flickr8k"),
    split: Annotated[str, typer.Option(help="train, dev (or val) or test.")] = "dev",
    beam: Annotated[
        int | None, typer.Option(min=1, help="Beam size; the model's own when unset.")
    ] = None,
    out: Annotated[
        Path | None, _new_file_option("File to write; report.html in the run when unset.")
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino.")] = "auto",
) -> None:
    """Write an HTML page: curves, scores with intervals, best and worst captions, attention.

    Of several datasets, each has a page of its own, with the dataset's name in the file's.
    """
    from training.datasets import open_dataset
    from training.html_report import write_report
    from training.named_models import check_there
    from training.run_folder import RunFolder

    for run in runs:
        check_there(run)
    is_one_run = len(runs) == 1 and Path(runs[0]).is_dir()
    path = out or RunFolder(Path(runs[0]) if is_one_run else Path()).report
    datasets = [open_dataset(one) for one in dataset or _captioned(prepared)]
    for one in datasets:
        page = path if len(datasets) == 1 else path.with_stem(f"{path.stem}-{one.name}")
        write_report(runs, one, page, split=split, beam_size=beam, engine=engine)
        typer.echo(page)


@app.command()
def average(
    checkpoints: Annotated[
        list[Path],
        typer.Argument(metavar="CHECKPOINT...", help="Of one model, from late in one training."),
    ],
    run: Annotated[Path, typer.Option("--run", "--out", help="Folder to write, for 'publish'.")],
) -> None:
    """Average the weights of several checkpoints, which often caption better than each."""
    from training.averaging import average_checkpoints
    from training.run_facts import load_facts, save_facts
    from training.run_folder import RunFolder

    averaged = average_checkpoints(checkpoints)
    folder, first = RunFolder(run), RunFolder(checkpoints[0].parent)
    run.mkdir(parents=True, exist_ok=True)
    averaged.save(folder.best)
    if facts := load_facts(first.facts):
        save_facts(folder.facts, facts)
    typer.echo(folder.best)


@app.command()
def publish(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    version: Annotated[str, typer.Option(help="Version of the published model.")],
    prepared: Annotated[Path, typer.Option(help="Folder of 'prepare'.")] = Path("cache/flickr8k"),
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("captioning/weights"),
    notes: Annotated[str, typer.Option(help="A paragraph for the model card.")] = "",
    licence: Annotated[
        str, typer.Option(help="Of the weights, for the model card; the data's are known.")
    ] = "MIT, as far as the weights are ours.",
    logit_adjustment: Annotated[
        float,
        typer.Option(min=0, max=1, help="Favour of rare words where words are proposed, 0 to 1."),
    ] = 0.0,
) -> None:
    """Quantise a trained model, verify it on dev, and write it with its model card."""
    from training.publish import publish as publish_run

    path = publish_run(
        run,
        prepared,
        out,
        version=version,
        notes=notes,
        licence=licence,
        logit_adjustment=logit_adjustment,
    )
    typer.echo(path)


app.command()(benchmark)
app.command()(fidelity)
app.command()(calibrate)
commands.register(app)
app.command()(simulate)


def main() -> None:
    """Run the command; an error that people can do something about becomes one line."""
    accept_every_name()
    try:
        app()
    except KeyboardInterrupt:
        typer.echo(
            "caption-train: stopped; given again, a training goes on from its last save", err=True
        )
        raise SystemExit(130) from None
    except CaptioningError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:  # of no file: nothing that the name of one explains
            raise
        _fail(f"{error.filename}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    typer.secho(f"caption-train: {message}", fg="red", err=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
