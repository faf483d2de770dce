"""Whether a new model captions better than the old one: paired, with intervals, and a gate.

Both caption the same photos, and both are scored on the same bootstrap draws of them, so that the
interval is of the difference (Koehn, 2004): what is hard about the photos falls out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from captioning import Caption
from training.bootstrap import draw_images, ends
from training.calibration import brier, calibration_error, known
from training.datasets import DatasetError, Record, canonical_split, load_dataset
from training.metrics import Measurements, measure
from training.nouns import fits

MOST_LOST = 0.5
"""CIDEr that a new model may lose on a guard set."""

_BATCH = 32


class Verdict(StrEnum):
    """What a comparison comes to."""

    BETTER = "better"
    SAME = "no difference"
    WORSE = "worse"
    REFUSED = "refused"


EXIT_CODES = {Verdict.BETTER: 0, Verdict.SAME: 3, Verdict.WORSE: 4, Verdict.REFUSED: 5}
"""Of `caption-train compare`; 1 and 2 are errors, as of every command."""


class Captioning(Protocol):
    """What is needed of a model: `captioning.Captioner`, or something like it."""

    def caption(self, images: Sequence[Path], /) -> list[Caption]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One score of both models on the same photos."""

    name: str
    old: float
    new: float
    low: float
    high: float
    """Ends of the 95 % interval of ``new - old``."""
    lower_is_better: bool = False

    @property
    def change(self) -> float:
        return self.new - self.old

    @property
    def verdict(self) -> Verdict:
        """Better or worse when the whole interval says so."""
        if self.low > 0:
            return Verdict.WORSE if self.lower_is_better else Verdict.BETTER
        if self.high < 0:
            return Verdict.BETTER if self.lower_is_better else Verdict.WORSE
        return Verdict.SAME


@dataclass(frozen=True, slots=True)
class Example:
    """One photo as both models see it."""

    record: Record
    old: str
    new: str
    change: float
    """Of its CIDEr."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both models on one dataset."""

    name: str
    split: str
    is_guard: bool
    differences: tuple[Difference, ...]
    """CIDEr first; calibration where both models tell their confidence."""
    examples: tuple[Example, ...]
    """Of every photo, from the most lost to the most won."""

    @property
    def cider(self) -> Difference:
        return self.differences[0]

    @property
    def falls(self) -> bool:
        """Whether the new model loses more than it may on a guard set."""
        return self.is_guard and self.cider.change < -MOST_LOST


def verdict(compared: Sequence[Compared]) -> Verdict:
    """What CIDEr says on the data, unless a guard set refuses the new model.

    Of several data sets, all must not be worse, and one better, for the whole to be better.
    """
    if any(of_set.falls for of_set in compared):
        return Verdict.REFUSED
    said = {of_set.cider.verdict for of_set in compared if not of_set.is_guard}
    if Verdict.WORSE in said:
        return Verdict.WORSE
    return Verdict.BETTER if Verdict.BETTER in said else Verdict.SAME


def compare(
    old: Captioning,
    new: Captioning,
    records: Sequence[Record],
    *,
    is_guard: bool,
    name: str,
    split: str,
) -> Compared:
    """Caption the photos with both models and compare.

    Raises:
        ImageError: when a photo cannot be used.
    """
    references = {record.name: record.captions for record in records}
    spoken = [_captions(model, records, name) for model in (old, new)]
    texts = [{key: caption.text for key, caption in of_model.items()} for of_model in spoken]
    measured = [measure(of_model, references) for of_model in texts]
    times = draw_images(len(records))
    differences = _scores(measured[0], measured[1], times)
    differences += _calibration(spoken[0], spoken[1], references, times)
    changes = 100 * (measured[1].cider - measured[0].cider)
    examples = [
        Example(record, texts[0][record.name], texts[1][record.name], float(change))
        for record, change in zip(records, changes, strict=True)
    ]
    examples.sort(key=lambda example: (example.change, example.record.name))
    return Compared(name, split, is_guard, tuple(differences), tuple(examples))


def load_judging(path: Path, split: str | None) -> tuple[str, list[Record]]:
    """The photos to judge on: of the named split, else of test where there is one, else of dev.

    Raises:
        DatasetError: see `load_dataset`.
    """
    if split is not None:
        return canonical_split(split), load_dataset(path, split)
    try:
        return "test", load_dataset(path, "test")
    except DatasetError:
        return "dev", load_dataset(path, "dev")


def _captions(model: Captioning, records: Sequence[Record], name: str) -> dict[str, Caption]:
    captions: list[Caption] = []
    for start in track(range(0, len(records), _BATCH), f"captioning {name}", transient=True):
        captions += model.caption([record.image for record in records[start : start + _BATCH]])
    return dict(zip((record.name for record in records), captions, strict=True))


def _scores(old: Measurements, new: Measurements, times: NDArray[np.int64]) -> list[Difference]:
    drawn = [
        np.array([(scores.cider, scores.bleu4) for scores in map(of_model.scores, times)])
        for of_model in (old, new)
    ]
    low, high = ends(drawn[1] - drawn[0])
    before, after = old.scores(), new.scores()
    return [
        Difference("CIDEr", before.cider, after.cider, low[0], high[0]),
        Difference("BLEU-4", before.bleu4, after.bleu4, low[1], high[1]),
    ]


def _calibration(
    old: Mapping[str, Caption],
    new: Mapping[str, Caption],
    references: Mapping[str, Sequence[str]],
    times: NDArray[np.int64],
) -> list[Difference]:
    """None where a model does not tell how sure it is of its captions."""
    told = [known([caption.confidence for caption in of_model.values()]) for of_model in (old, new)]
    before, after = told
    if before is None or after is None:
        return []
    fitting = [
        np.array([fits(of_model[name].text, references[name]) for name in references])
        for of_model in (old, new)
    ]
    once = np.ones((1, len(references)), np.int64)
    differences = []
    for name, error in (("Brier score", brier), ("Calibration error", calibration_error)):
        drawn = error(after, fitting[1], times) - error(before, fitting[0], times)
        low, high = ends(drawn)
        was, is_now = (
            float(error(of_model, fit, once)[0])
            for of_model, fit in ((before, fitting[0]), (after, fitting[1]))
        )
        differences.append(Difference(name, was, is_now, low, high, lower_is_better=True))
    return differences
