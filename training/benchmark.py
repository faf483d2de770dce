"""`caption-train benchmark`: an epoch of ours beside one the way tutorials train, in one run.

Both train the bundled models on the same photos: ours on the prepared ones, the other on their
files, which it decodes anew for every caption. A few steps of each are measured, in turns, so that
other work on the machine slows both alike; a turn begins with a step that is not measured, since
memory and caches are still full of the other's. An epoch is extrapolated by the number of captions.
Preparing the photos and caching the features, once for all epochs, is not part of any.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from torch.optim.swa_utils import AveragedModel

from captioning import MODELS
from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint
from captioning.encoders import channels_last
from training.batches import Augmentation
from training.config import ConfigError, Phase, Precision
from training.datasets import DatasetError, open_dataset
from training.devices import mixed_precision, training_device
from training.evaluate import encode_split
from training.objectives import CrossEntropy, Materials
from training.optimisation import build_optimiser, moving_average
from training.photo_sources import AugmentedPhotos, CachedPhotos
from training.prepare import named
from training.prepared import Split, load_split
from training.tutorial import BATCH, TutorialTraining
from training.updates import Updater

# Features take so little room that more photos fit a step, which makes better use of a processor.
_FROZEN = Phase(epochs=1, decoder_lr=1e-3, images_per_batch=128)
_FINE_TUNED = Phase(epochs=1, decoder_lr=6e-4, encoder_lr=2e-4, images_per_batch=20)
_EPOCHS = (
    ("mobilenet-attention", _FROZEN),
    ("mobilenet-attention", _FINE_TUNED),
    ("resnet34-lstm", _FINE_TUNED),
)


@dataclass(slots=True)
class Cost:
    """Time that captions took."""

    captions: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of all threads; what the machine did besides does not count."""

    def measure(self, captions: int, step: Callable[[], object]) -> None:
        start = time.perf_counter(), time.process_time()
        step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds += time.perf_counter() - start[0]
        self.processor_seconds += time.process_time() - start[1]
        self.captions += captions


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one kind of epoch costs."""

    model: str
    kind: str
    ours: Cost
    tutorials: Cost

    @property
    def times_faster(self) -> float:
        ours, tutorials = self.ours, self.tutorials
        return (tutorials.seconds / tutorials.captions) / (ours.seconds / ours.captions)

    @property
    def times_less_work(self) -> float:
        """The same in processor time."""
        ours, tutorials = self.ours, self.tutorials
        theirs = tutorials.processor_seconds / tutorials.captions
        return theirs / (ours.processor_seconds / ours.captions)


def benchmark(
    prepared: Path, datasets: Sequence[Path], *, steps: int, precision: str = "auto"
) -> list[Comparison]:
    """Measure each kind of epoch and print a table.

    Args:
        prepared: a folder written by `training.prepare.prepare`.
        datasets: what it was made from, in the same order.
        steps: of ours, each with about as many captions of the other way.
        precision: of ours; tutorials compute in fp32.

    Raises:
        DatasetError: when the dataset was not prepared, or lacks a prepared photo.
        ConfigError: for an unknown precision.
    """
    if precision not in get_args(Precision):
        raise ConfigError(f"precision must be one of {', '.join(get_args(Precision))}")
    split = load_split(prepared, "train")
    opened = [open_dataset(dataset) for dataset in datasets]
    records = named(
        {dataset.name: dataset.records("train") for dataset in opened if dataset.has_captions},
        prefixed=len(opened) > 1,
    )
    files = {name: record.image for name, record in records.items()}
    if missing := set(split.names) - set(files):
        places = " and ".join(map(str, datasets))
        raise DatasetError(f"{places} lacks the prepared photo {min(missing)}: was it moved?")
    with Progress(transient=True) as progress:
        bar = progress.add_task("measuring", total=len(_EPOCHS) * steps)
        compared = [
            _compare(model, phase, split, files, steps, precision, lambda: progress.advance(bar))
            for model, phase in _EPOCHS
        ]
    _print(compared, split, steps, precision)
    return compared


def _compare(
    name: str,
    phase: Phase,
    split: Split,
    files: Mapping[str, Path],
    steps: int,
    precision: str,
    after_turn: Callable[[], None],
) -> Comparison:
    device = training_device()
    checkpoint = Checkpoint.load(locate(name))
    model = channels_last(checkpoint.build().to(device))
    random = np.random.default_rng(0)
    count = min(len(split), 2 * steps * phase.images_per_batch)
    photos = _chosen(split, np.sort(random.permutation(len(split))[:count]))
    captions = [[checkpoint.vocabulary.encode(text) for text in texts] for texts in photos.captions]
    tutorial = TutorialTraining(
        model,
        [files[name] for name in photos.names],
        captions,
        checkpoint.preprocessing,
        device,
        fine_tune=phase.encoder_lr > 0,
    )
    may_flip = torch.ones(count, dtype=torch.bool)
    source: CachedPhotos | AugmentedPhotos
    if phase.encoder_lr:
        size = checkpoint.preprocessing.size
        source = AugmentedPhotos(
            model.encoder, photos, may_flip, Augmentation(), size, False, device
        )
    else:
        features = encode_split(model.encoder, photos, checkpoint.preprocessing)
        cached = features.half().cpu().numpy()
        source = CachedPhotos(cached, cached, may_flip, device)
    updater = Updater(
        model,
        AveragedModel(model, multi_avg_fn=moving_average(0.99)),
        build_optimiser(model, phase, 0.01),
        phase,
        source,
        CrossEntropy().loss(Materials(captions, checkpoint.vocabulary, {})),
        precision,
        1.0,
        device,
    )
    items = [(row, number) for row, group in enumerate(captions) for number in range(len(group))]
    ours, tutorials = Cost(), Cost()
    warming_up = Cost()
    for turn in range(steps):
        for cost in (warming_up, ours):
            rows = random.permutation(count)[: phase.images_per_batch]
            held = sum(len(captions[row]) for row in rows)
            cost.measure(held, partial(updater.step, rows, (turn,)))
        for cost in (warming_up, *[tutorials] * max(1, round(held / BATCH))):
            drawn = [items[index] for index in random.permutation(len(items))[:BATCH]]
            cost.measure(len(drawn), partial(tutorial.step, drawn))
        after_turn()
    kind = "fine-tuning" if phase.encoder_lr else "cached features"
    return Comparison(name, kind, ours, tutorials)


def _chosen(split: Split, rows: np.ndarray) -> Split:
    return Split(
        [split.names[row] for row in rows],
        [split.captions[row] for row in rows],
        split.pixels[rows],
    )


def _print(compared: Sequence[Comparison], split: Split, steps: int, precision: str) -> None:
    captions = sum(map(len, split.captions))
    device = training_device()
    is_bf16 = mixed_precision(precision, device)._enabled
    table = Table(
        title=f"An epoch of {captions:,} captions, extrapolated from {steps} turns of each; "
        f"{device.type}, {torch.get_num_threads()} threads, ours in {'bf16' if is_bf16 else 'fp32'}"
    )
    for column in ("model", "epoch"):
        table.add_column(column)
    for column in ("ours", "as in tutorials", "times faster", "in processor time"):
        table.add_column(column, justify="right")
    for row in compared:
        minutes = (
            f"{cost.seconds / cost.captions * captions / 60:.1f} min"
            for cost in (row.ours, row.tutorials)
        )
        ratios = (f"{row.times_faster:.1f}", f"{row.times_less_work:.1f}")
        table.add_row(MODELS[row.model], row.kind, *minutes, *ratios)
    Console().print(table)
