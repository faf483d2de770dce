"""`caption-train compare`: two models on the same photos, and which of them to use."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from captioning import load_captioner
from training.feedback.compare import (
    MOST_LOST,
    Compared,
    Verdict,
    compare,
    load_judging,
    verdict,
)
from training.feedback.compare_page import compare_page
from training.named_models import checkpoint_of, distinct


def compare_models(
    old: str,
    new: str,
    data: Sequence[Path],
    guards: Sequence[Path],
    *,
    split: str | None = None,
    html: Path | None = None,
    json_path: Path | None = None,
    engine: str = "auto",
) -> Verdict:
    """Compare, print a table, and write a page and JSON where they are wanted.

    Args:
        old, new: names of models, checkpoint files or folders of runs.
        data: datasets on which the new model should be better.
        guards: datasets on which it must not lose more than `MOST_LOST` CIDEr.
        split: of the data; test where there is one, else dev, when None. Guards always take that.

    Raises:
        CaptioningError: for an unknown model, a malformed dataset or an unreadable photo.
    """
    # All datasets are read before any photo is captioned: a mistake shows at once.
    sets = [(path, False, *load_judging(path, split)) for path in data]
    sets += [(path, True, *load_judging(path, None)) for path in guards]
    before, after = (load_captioner(checkpoint_of(model), engine=engine) for model in (old, new))
    titles = distinct([f"{model.title} {model.version}" for model in (before, after)], (old, new))
    names = distinct([path.resolve().name for path, *_ in sets], [str(path) for path, *_ in sets])
    compared = [
        compare(before, after, records, is_guard=is_guard, name=name, split=of_split)
        for name, (_, is_guard, of_split, records) in zip(names, sets, strict=True)
    ]
    result = verdict(compared)
    _print(titles, compared, result)
    if html:
        html.write_text(compare_page(titles[0], titles[1], compared, result), encoding="utf-8")
    if json_path:
        document = {
            "old": titles[0],
            "new": titles[1],
            "verdict": result,
            "sets": [
                {
                    "name": of_set.name,
                    "split": of_set.split,
                    "photos": len(of_set.examples),
                    "guard": of_set.is_guard,
                    "differences": [
                        asdict(difference) | {"verdict": difference.verdict}
                        for difference in of_set.differences
                    ],
                }
                for of_set in compared
            ],
        }
        json_path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return result


def _print(titles: Sequence[str], compared: Sequence[Compared], result: Verdict) -> None:
    console = Console()
    console.print(f"old: {titles[0]}\nnew: {titles[1]}", highlight=False, markup=False)
    for of_set in compared:
        kind = f", guard: at most {MOST_LOST} CIDEr lost" if of_set.is_guard else ""
        table = Table(title=f"{of_set.name}, {of_set.split}, {len(of_set.examples)} photos{kind}")
        table.add_column("")
        for head in ("old", "new", "difference", "95 % interval", "verdict"):
            table.add_column(head, justify="right")
        for difference in of_set.differences:
            digits = 3 if difference.lower_is_better else 2
            table.add_row(
                difference.name,
                f"{difference.old:.{digits}f}",
                f"{difference.new:.{digits}f}",
                f"{difference.change:+.{digits}f}",
                f"{difference.low:+.{digits}f} to {difference.high:+.{digits}f}",
                difference.verdict,
            )
        console.print(table)
    console.print(f"verdict: {result}")
