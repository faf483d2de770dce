"""`caption-train fidelity`: whether captions of the fast runtime are those of torch.

In full precision the runtime computes what torch does in another order: texts ought to be the same.
As shipped it computes in fewer bits, and other words may win where two were almost as likely: what
must not change is how good the captions are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from captioning import load_captioner
from training.datasets import open_dataset
from training.evaluate import evaluate_captioner
from training.named_models import checkpoint_of

IDENTICAL = 0.99
"""Least share of captions that ought to be the same in full precision."""
CIDER = 0.3
"""Most that the CIDEr of captions as shipped ought to differ."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """One model's captions by the runtime, beside those by torch in fp32."""

    model: str
    photos: int
    identical: float
    """The share of captions with the same text, in full precision."""
    identical_as_shipped: float
    cider: float
    """Of torch's."""
    cider_as_shipped: float

    @property
    def holds(self) -> bool:
        """Whether it is as faithful as it ought to be."""
        difference = abs(self.cider_as_shipped - self.cider)
        return self.identical >= IDENTICAL and difference <= CIDER


def fidelity(
    models: Sequence[str],
    dataset: Path,
    *,
    split: str = "dev",
    photos: int | None = None,
    threads: int | None = None,
) -> list[Fidelity]:
    """Caption a split three times with each model, and print a table.

    Args:
        models: names of bundled models, paths of checkpoints, or folders of runs.
        dataset: in any layout that `open_dataset` knows.
        photos: only so many, the first; all when None.
        threads: processor threads; all cores when None.

    Raises:
        CaptioningError: for an unknown model, a malformed dataset, an unreadable photo, or where
            OpenVINO is missing.
    """
    if threads:
        torch.set_num_threads(threads)
    records = open_dataset(dataset).records(split)[:photos]
    found = []
    for model in models:
        path = checkpoint_of(model)
        reference = load_captioner(path, engine="torch", full_precision=True)
        exact = load_captioner(path, engine="openvino", threads=threads, full_precision=True)
        shipped = load_captioner(path, engine="openvino", threads=threads)
        theirs, ours, fast = (
            evaluate_captioner(captioner, records) for captioner in (reference, exact, shipped)
        )
        same, same_as_shipped = (
            sum(other.captions[name] == text for name, text in theirs.captions.items())
            for other in (ours, fast)
        )
        found.append(
            Fidelity(
                reference.name,
                len(records),
                same / len(records),
                same_as_shipped / len(records),
                theirs.scores.cider,
                fast.scores.cider,
            )
        )
    _print(found)
    return found


def _print(found: Sequence[Fidelity]) -> None:
    table = Table(title="Captions of the runtime beside those of torch in fp32")
    for column in ("model", "photos", "same text, fp32", "same text, as shipped"):
        table.add_column(column)
    for column in ("CIDEr of torch", "as shipped", "holds"):
        table.add_column(column, justify="right")
    for one in found:
        table.add_row(
            one.model,
            f"{one.photos:,}",
            f"{one.identical:.1%} (must {IDENTICAL:.0%})",
            f"{one.identical_as_shipped:.1%}",
            f"{one.cider:.2f}",
            f"{one.cider_as_shipped:.2f} (within {CIDER})",
            "yes" if one.holds else "no",
        )
    Console().print(table)
