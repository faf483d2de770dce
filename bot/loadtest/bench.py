"""The bot's rows of `captionbot bench`: how long a burst takes, and what memory is left in use."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.loadtest.errors import LoadTestError
from captioning import benchmark as library
from captioning.benchmark import Row

BURST = 200
PEOPLE = 20
MUST_SECONDS = 12.0
MUST_MEGABYTES = 450.0


async def benchmark(photos: Path | None, rounds: int, results: Path | None) -> None:
    """Measure the bot and the library, and print both beside the results in a file, which the new
    ones replace.

    Args:
        photos: folder of JPEGs to use; drawn ones when None.
        rounds: how often each thing of the library is measured.

    Raises:
        LoadTestError, CaptioningError: it could not be carried out.
    """
    last = {} if results is None else library.read_results(results)
    rows = [*measure_bot(photos), *library.benchmark(photos, rounds)]
    library.show(rows, last)
    if results is not None:
        library.write_results(results, rows)


def measure_bot(folder: Path | None) -> list[Row]:
    """Let the bot caption a burst of photos, in a process of its own: the rest of a benchmark
    brings torch, which would count as its memory.

    Raises:
        LoadTestError: it could not be carried out.
    """
    with tempfile.TemporaryDirectory() as temporary:
        results = Path(temporary) / "results.json"
        command = [
            *(sys.executable, "-m", "bot", "loadtest"),
            *("--burst", str(BURST), "--people", str(PEOPLE), "--results", str(results)),
            *(() if folder is None else ("--photos", str(folder))),
        ]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:  # noqa: S603
            raise LoadTestError("The bot could not be measured; what happened is above.")
        return rows_of(results.read_text())


def rows_of(results: str) -> list[Row]:
    """The rows in what `captionbot loadtest --results` has written of a burst."""
    (burst,) = json.loads(results)
    answered = "photos at once, until all are answered"
    if burst["lost"] or burst["doubled"] or burst["failed"]:
        answered += f" ({burst['lost']} lost, {burst['doubled']} doubled, {burst['failed']} failed)"
    return [
        Row(f"{burst['sent']} {answered}, s", burst["seconds"], "s", must=MUST_SECONDS),
        Row("the bot after them, resident, MB", burst["memory"], "MB", must=MUST_MEGABYTES),
        Row("its event loop, processor ms a photo", burst["loop_cpu"] * 1000, "ms"),
    ]
