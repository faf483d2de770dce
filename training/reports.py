"""Scores of several models as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from captioning import load_captioner
from training.bootstrap import intervals
from training.datasets import load_dataset
from training.evaluate import Evaluation, evaluate_captioner
from training.java_metrics import MetricScore, MetricUnavailableError, meteor, spice
from training.metrics import measure, score_each

_JAVA_METRICS = {"meteor": meteor, "spice": spice}
_COLUMNS = {
    "bleu1": "BLEU-1",
    "bleu4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "meteor": "METEOR",
    "cider": "CIDEr",
    "spice": "SPICE",
}
"""In the table; the JSON has BLEU-2 and BLEU-3 too."""
_IMAGE_METRICS = ("bleu4", "rouge_l", "cider")


def evaluate_all(
    dataset: Path,
    models: Sequence[str],
    split: str,
    beams: Sequence[int | None],
    block_ngram: int | None,
    json_path: Path | None,
    engine: str,
    java: bool = True,
) -> None:
    """Evaluate each model with each beam size, print a table and write per-image JSON.

    Args:
        dataset: in any layout that `load_dataset` knows.
        models: names of bundled models or paths of checkpoints.
        beams: beam sizes; None stands for the model's own.
        json_path: where captions and scores go; nowhere when None.
        java: whether METEOR and SPICE are computed too, where that can be.

    Raises:
        CaptioningError: for an unknown model, a malformed dataset or an unreadable photo.
    """
    console = Console()
    records = load_dataset(dataset, split)
    references = {record.name: record.captions for record in records}
    missing = {} if java else dict.fromkeys(_JAVA_METRICS, "")
    results: list[tuple[dict[str, object], Evaluation, dict[str, MetricScore]]] = []
    for model in models:
        captioner = load_captioner(model, engine=engine)
        for beam in beams:
            result = evaluate_captioner(captioner, records, beam_size=beam, block_ngram=block_ngram)
            scores = _own_scores(result.captions, references)
            for name, metric in _JAVA_METRICS.items():
                if name not in missing:
                    try:
                        scores[name] = metric(result.captions, references)
                    except MetricUnavailableError as error:
                        missing[name] = str(error)
                        console.print(f"without {_COLUMNS[name]}: {error}", style="yellow")
            identity: dict[str, object] = {
                "model": captioner.name,
                "version": captioner.version,
                "beam": beam,
            }
            results.append((identity, result, scores))
    shown = [name for name in _COLUMNS if name not in missing]
    table = Table(
        title=f"{split}, {len(records)} photos, free-running, ×100, with 95 % intervals",
        show_lines=True,
    )
    columns = [_COLUMNS[name] for name in shown]
    for column in ("model", "beam", *columns, "ended", "repeats", "dangling", "words"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for identity, result, scores in results:
        row = (str(identity["model"]), str(identity["beam"] or "own"))
        table.add_row(*row, *(_cell(scores[name]) for name in shown), *_habits(result))
    console.print(table)
    if json_path:
        document = [_document(*entry) for entry in results]
        json_path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _own_scores(
    captions: Mapping[str, str], references: Mapping[str, Sequence[str]]
) -> dict[str, MetricScore]:
    """The metrics that need no Java; those without a score per image have none."""
    measurements = measure(captions, references)
    each = score_each(captions, references)
    corpus, low, high = map(asdict, (measurements.scores(), *intervals(measurements)))
    return {
        name: MetricScore(
            corpus[name],
            low[name],
            high[name],
            {image: getattr(scores, name) for image, scores in each.items()}
            if name in _IMAGE_METRICS
            else {},
        )
        for name in corpus
    }


def _cell(metric: MetricScore) -> str:
    return f"{metric.score:.2f}\n{metric.low:.1f}–{metric.high:.1f}"


def _habits(result: Evaluation) -> list[str]:
    return [
        f"{result.share_ended:.1%}",
        f"{result.share_repeating:.1%}",
        f"{result.share_dangling:.1%}",
        str(result.distinct_words),
    ]


def _document(
    identity: Mapping[str, object], result: Evaluation, scores: Mapping[str, MetricScore]
) -> dict[str, object]:
    return {
        **identity,
        "scores": {name: metric.score for name, metric in scores.items()},
        "intervals": {name: [metric.low, metric.high] for name, metric in scores.items()},
        "images": [
            {"image": image, "caption": text}
            | {name: metric.images[image] for name, metric in scores.items() if metric.images}
            for image, text in result.captions.items()
        ],
    }
