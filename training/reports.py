"""Scores of several models as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from captioning import load_captioner
from training.datasets import load_dataset
from training.evaluate import Evaluation, evaluate_captioner
from training.metrics import score_each

_COLUMNS = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr")


def evaluate_all(
    dataset: Path,
    models: Sequence[str],
    split: str,
    beams: Sequence[int | None],
    block_ngram: int | None,
    json_path: Path | None,
    engine: str,
) -> None:
    """Evaluate each model with each beam size, print a table and write per-image JSON.

    Args:
        dataset: in any layout that `load_dataset` knows.
        models: names of bundled models or paths of checkpoints.
        beams: beam sizes; None stands for the model's own.
        json_path: where captions and scores go; nowhere when None.

    Raises:
        CaptioningError: for an unknown model, a malformed dataset or an unreadable photo.
    """
    records = load_dataset(dataset, split)
    references = {record.name: record.captions for record in records}
    table = Table(title=f"{split}, {len(records)} photos, free-running, ×100")
    for column in ("model", "beam", *_COLUMNS, "ended", "repeats", "dangling", "words"):
        table.add_column(column, justify="left" if column == "model" else "right")
    document = []
    for model in models:
        captioner = load_captioner(model, engine=engine)
        for beam in beams:
            result = evaluate_captioner(captioner, records, beam_size=beam, block_ngram=block_ngram)
            table.add_row(captioner.name, str(beam or "own"), *_cells(result))
            each = score_each(result.captions, references)
            document.append(
                {
                    "model": captioner.name,
                    "version": captioner.version,
                    "beam": beam,
                    "scores": asdict(result.scores),
                    "images": [
                        {"image": name, "caption": text, **asdict(each[name])}
                        for name, text in result.captions.items()
                    ],
                }
            )
    Console().print(table)
    if json_path:
        json_path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _cells(result: Evaluation) -> list[str]:
    return [
        *(f"{value:.2f}" for value in asdict(result.scores).values()),
        f"{result.share_ended:.1%}",
        f"{result.share_repeating:.1%}",
        f"{result.share_dangling:.1%}",
        str(result.distinct_words),
    ]
