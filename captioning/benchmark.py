"""`caption bench`: how close captions come to what the hardware allows.

The floor of two captions is what no implementation with these encoders on this engine avoids:
decoding the JPEG and running the bare encoders. It is measured in the same run, in turns with what
is compared to it, so that other work on the machine slows both alike. Times are medians.
"""

import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from captioning.captioner import Captioner, caption_with_all, load_captioner
from captioning.catalogue import ENTRIES
from captioning.images import open_image, pixels
from captioning.runtime.telemetry import import_openvino

SIZE = (1280, 960)
BATCH = 8
_PROCESSES = 5
"""How often whole processes are run."""
_LAUNCHER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured."""

    what: str
    value: float
    unit: str
    against: str = ""
    base: float | None = None
    """What it is compared to, in the same unit."""
    must: float | None = None
    """Most that the ratio, or the value where there is no base, ought to be."""

    @property
    def ratio(self) -> float | None:
        return None if self.base is None else self.value / self.base


def benchmark(folder: Path | None, rounds: int) -> list[Row]:
    """Measure everything that this package alone can measure.

    Args:
        folder: of photos, of which some are used; drawn ones when None.
        rounds: how often each thing is measured.

    Raises:
        CaptioningError: when a model cannot be loaded or a photo not be read.
    """
    photos = _photos(folder)
    captioners = [load_captioner(name, engine="openvino") for name in ENTRIES]
    return [*_captions(captioners, photos, rounds), *_whole_process(photos[0])]


def show(rows: Sequence[Row], last: Mapping[str, float]) -> None:
    """Print a table, with the last results beside the new ones."""
    table = Table("what", "result", "against", "ratio", "must", "last time", title=_machine())
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}×"
        base = f"{row.against} {row.base:.1f} {row.unit}" if row.base is not None else ""
        must = "" if row.must is None else f"≤ {row.must:g}{'×' if row.base is not None else ''}"
        before = f"{last[row.what]:.2f}" if row.what in last else ""
        table.add_row(row.what, f"{row.value:.1f} {row.unit}", base, ratio, must, before)
    Console().print(table)


def read_results(path: Path) -> dict[str, float]:
    """Of each row of an earlier run its ratio, or its value; nothing where there is no such file.

    A damaged file counts as none: it is only shown.
    """
    try:
        rows = [Row(**row) for row in json.loads(path.read_text())["rows"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {row.what: row.value if row.ratio is None else row.ratio for row in rows}


def write_results(path: Path, rows: Sequence[Row]) -> None:
    """Write a run's rows as JSON."""
    document = {"machine": _machine(), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _machine() -> str:
    versions = f"Python {platform.python_version()}, OpenVINO {import_openvino().get_version()}"
    name = import_openvino().Core().get_property("CPU", "FULL_DEVICE_NAME")
    return f"{name}, {os.cpu_count()} cores, {versions}"


def _photos(folder: Path | None) -> list[bytes]:
    """JPEGs of `SIZE`, twice as many as a batch."""
    if folder is None:
        numbers = np.random.default_rng(0)
        small = [numbers.integers(0, 256, (6, 8, 3), dtype=np.uint8) for _ in range(2 * BATCH)]
        images = [Image.fromarray(values) for values in small]
    else:
        images = [open_image(path) for path in sorted(folder.rglob("*.jpg"))[: 2 * BATCH]]
    encoded = []
    for image in images:
        file = io.BytesIO()
        image.resize(SIZE, Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        encoded.append(file.getvalue())
    return encoded


def _captions(captioners: list[Captioner], photos: list[bytes], rounds: int) -> list[Row]:
    floor = _floor(photos)

    def ours(batch: Sequence[int], **options: int) -> None:
        caption_with_all(captioners, [photos[index] for index in batch], **options)

    def measure(size: int, **tasks: Callable[[Sequence[int]], None]) -> dict[str, float]:
        spent: dict[str, list[float]] = {name: [] for name in tasks}
        for turn in range(-1, rounds):  # the first is to warm up
            batch = [(turn * size + index) % len(photos) for index in range(size)]
            for name, task in tasks.items():
                start = time.perf_counter()
                task(batch)
                if turn >= 0:
                    spent[name].append((time.perf_counter() - start) / size * 1000)
        return {name: median(times) for name, times in spent.items()}

    one = measure(1, floor=floor, beam=ours, greedy=lambda batch: ours(batch, beam_size=1))
    many = measure(BATCH, floor=floor, beam=ours)
    return [
        Row("captions, batch 1, ms a photo", one["beam"], "ms", "floor", one["floor"], 1.8),
        Row("captions, batch 8, ms a photo", many["beam"], "ms", "floor", many["floor"], 1.4),
        Row("greedy, batch 1, ms a photo", one["greedy"], "ms", "floor", one["floor"], 1.4),
    ]


def _floor(photos: list[bytes]) -> Callable[[Sequence[int]], None]:
    import torch

    from captioning.checkpoint import Checkpoint
    from captioning.runtime.export import convert

    core = import_openvino().Core()
    encoders = []
    for entry in ENTRIES.values():
        checkpoint = Checkpoint.load(entry.path)
        preprocessing = checkpoint.preprocessing
        example = torch.zeros(2, 3, preprocessing.size, preprocessing.size)
        graph = convert(checkpoint.build().encoder, (example,))
        compiled = core.compile_model(graph, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        seen = [pixels([open_image(photo)], preprocessing) for photo in photos]
        times = 2 if preprocessing.both_sides else 1
        encoders.append((compiled.create_infer_request(), seen, times))

    def run(batch: Sequence[int]) -> None:
        for index in batch:
            open_image(photos[index])
        for request, seen, times in encoders:
            values = np.concatenate([seen[index] for index in batch])
            for _ in range(times):
                request.infer([values], share_inputs=True, share_outputs=True)

    return run


def _whole_process(photo: bytes) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(photo)
        commands = {
            "ours": [sys.executable, "-m", "captioning", str(path)],
            "torch": [sys.executable, "-c", "import torch"],
        }
        spent: dict[str, list[float]] = {name: [] for name in commands}
        memory: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(-1, _PROCESSES):
            for name, command in commands.items():
                seconds, megabytes = _run(command)
                if turn >= 0:
                    spent[name].append(seconds)
                    memory[name].append(megabytes)
    base = median(spent["torch"])
    rows = [Row("caption photo.jpg, s", median(spent["ours"]), "s", "import torch", base, 1.0)]
    if used := median(memory["ours"]):
        rows.append(Row("its peak memory, MB", used, "MB", must=350))
    return rows


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and the most megabytes that a command took; 0 where that cannot be told."""
    start = time.perf_counter()
    if not hasattr(os, "wait4"):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 (its own)
        return time.perf_counter() - start, 0.0
    # The peak that the system tells of a process counts the memory of the one that began it.
    small = [sys.executable, "-S", "-c", _LAUNCHER, *command]
    told = subprocess.run(small, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 (its own)
    seconds, peak = map(float, told.split())
    return seconds, peak * (1 if sys.platform == "darwin" else 1024) / 1e6
