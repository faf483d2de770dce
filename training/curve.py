"""``curve.csv``: one row an epoch, of what was trained on and what came of it on dev."""

import csv
from itertools import groupby
from pathlib import Path

COLUMNS = (
    *("phase", "epoch", "step", "loss", "reward"),
    *("dev_cider", "dev_bleu4", "dev_ended", "dev_chair"),
)
"""``loss`` is the mean cross-entropy of a word; ``reward``, in phases that are trained on it, the
samples' mean CIDEr-D ×100. One of the two is empty. An epoch that taught no captions has the loss
of its own objective, and empty scores on dev. Of several datasets, those are the means, and each
dataset's CIDEr has a column ``dev_cider_…`` beside them; ``dev_chair`` is CHAIRs."""

_LARGEST_LOSS = 12.0
"""No vocabulary gives a cross-entropy beyond this; what is larger was a reward."""


def read_curve(path: Path) -> list[dict[str, str]]:
    """The rows of a curve, none when there is no file.

    The first trainings had loss and reward in one column, ``objective``; it is told apart here.
    """
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for _, of_phase in groupby(rows, key=lambda row: row.get("phase")):
        group = [row for row in of_phase if "objective" in row]
        values = [row.pop("objective") for row in group]
        is_reward = any(float(value or 0) > _LARGEST_LOSS for value in values)
        for row, value in zip(group, values, strict=True):
            row |= {"loss": "" if is_reward else value, "reward": value if is_reward else ""}
    return rows


def add_epoch(path: Path, row: dict[str, str]) -> None:
    """Append one epoch; an earlier row of the same epoch is replaced.

    A training that was stopped between writing the row and saving its state repeats the epoch.
    """
    place = (row["phase"], row["epoch"])
    kept = [old for old in read_curve(path) if (old["phase"], old["epoch"]) != place]
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        rows = [*kept, row]
        columns = dict.fromkeys([*COLUMNS, *(column for one in rows for column in one)])
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)
