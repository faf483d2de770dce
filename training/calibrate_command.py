"""The command `caption-train calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from training.options import new_file_option


def calibrate(
    model: Annotated[str, typer.Argument(help="Model name, checkpoint file or folder of a run.")],
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATASET...",
            help="In any layout of 'prepare'.",
        ),
    ],
    out: Annotated[
        Path | None,
        new_file_option("Checkpoint to write; the given file itself when unset."),
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino.")] = "auto",
) -> None:
    """Learn on dev photos how sure a model may be of its captions, and store it in its file.

    What is printed was measured on half of the photos, with a fit on the other half; what is stored
    is fitted on all.
    """
    from training.confidence import calibrate as run

    run(model, datasets, out, engine=engine)
