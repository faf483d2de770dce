"""Scores of several models as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from captioning import load_captioner
from training.bootstrap import intervals
from training.datasets import open_dataset
from training.evaluate import Evaluation, evaluate_captioner
from training.java_metrics import MetricScore, MetricUnavailableError, meteor, spice
from training.metrics import measure, score_each
from training.named_models import checkpoint_of, distinct

_JAVA_METRICS = {"meteor": meteor, "spice": spice}
_METRICS = {
    "bleu1": "BLEU-1",
    "bleu4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "meteor": "METEOR",
    "cider": "CIDEr",
    "spice": "SPICE",
}
"""In the table; the JSON has BLEU-2 and BLEU-3 too."""
_HABITS = ("ended", "repeats", "dangling", "words", "CHAIRs", "CHAIRi", "AUC")
_CELL_WIDTH = len("12.3–12.3")
_IMAGE_METRICS = ("bleu4", "rouge_l", "cider")


def evaluate_all(
    datasets: Sequence[Path],
    models: Sequence[str],
    split: str,
    beams: Sequence[int | None],
    json_path: Path | None,
    *,
    engine: str = "auto",
    java: bool = True,
    block_ngram: int | None = None,
    logit_adjustment: float | None = None,
) -> None:
    """Evaluate each model with each beam size, print a table a dataset and write per-image JSON.

    Args:
        datasets: in any layouts that `open_dataset` knows.
        models: names of bundled models, paths of checkpoints, or folders of runs.
        beams: beam sizes; None stands for the model's own.
        json_path: where captions and scores go; nowhere when None.
        java: whether METEOR and SPICE are computed too, where that can be.
        block_ngram, logit_adjustment: see `SearchOptions`; the model's own when None.

    Raises:
        CaptioningError: for an unknown model, a malformed dataset or an unreadable photo.
    """
    console = Console()
    # All captions are read before any photo: a mistake in the last dataset shows at once.
    opened = [open_dataset(path) for path in datasets]
    records = {dataset.name: dataset.records(split) for dataset in opened}
    missing = {} if java else dict.fromkeys(_JAVA_METRICS, "")
    captioners = [load_captioner(checkpoint_of(model), engine=engine) for model in models]
    titles = distinct([captioner.name for captioner in captioners], models)
    heads = [
        f"{escape(name)}\nbeam {beam or 'as shipped'}" for name, beam in product(titles, beams)
    ]
    document: list[dict[str, object]] = []
    for dataset, photos in records.items():
        references = {record.name: record.captions for record in photos}
        results: list[tuple[Evaluation, dict[str, MetricScore]]] = []
        for model, captioner in zip(models, captioners, strict=True):
            for beam in beams:
                result = evaluate_captioner(
                    captioner,
                    photos,
                    beam_size=beam,
                    block_ngram=block_ngram,
                    logit_adjustment=logit_adjustment,
                )
                scores = _own_scores(result.captions, references)
                scores |= _java_scores(result.captions, references, missing, console)
                results.append((result, scores))
                identity: dict[str, object] = {
                    "dataset": dataset,
                    "model": captioner.name,
                    "version": captioner.version,
                    "checkpoint": model,
                    "beam": beam,
                }
                document.append(_document(identity, result, scores))
        title = f"{dataset}, {split}, {len(photos)} photos, free-running, ×100, 95 % intervals"
        _print(console, title, heads, results)
    if json_path:
        json_path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _java_scores(
    captions: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    missing: dict[str, str],
    console: Console,
) -> dict[str, MetricScore]:
    """The metrics that need Java; one that cannot be had joins `missing`, and is said once."""
    scores = {}
    for name, metric in _JAVA_METRICS.items():
        if name not in missing:
            try:
                scores[name] = metric(captions, references)
            except MetricUnavailableError as error:
                missing[name] = str(error)
                console.print(f"without {_METRICS[name]}: {error}", style="yellow")
    return scores


def _print(
    console: Console,
    title: str,
    heads: Sequence[str],
    results: Sequence[tuple[Evaluation, Mapping[str, MetricScore]]],
) -> None:
    # One column per result: eleven columns of numbers fit no terminal.
    table = Table(title=title, show_lines=True)
    table.add_column("")
    for head in heads:
        table.add_column(head, justify="right", min_width=_CELL_WIDTH, overflow="fold")
    for name, label in _METRICS.items():
        if all(name in scores for _, scores in results):
            table.add_row(label, *(_cell(scores[name]) for _, scores in results))
    rows = zip(*(_habits(result) for result, _ in results), strict=True)
    for habit, cells in zip(_HABITS, rows, strict=True):
        table.add_row(habit, *cells)
    # A table wider than the terminal breaks lines, but says what it has to say.
    whole = Measurement.get(console, console.options.update(max_width=1000), table).minimum
    console.print(table, width=max(console.width, whole), crop=False)


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
    found = result.reliability
    return [
        f"{result.share_ended:.1%}",
        f"{result.share_repeating:.1%}",
        f"{result.share_dangling:.1%}",
        str(result.distinct_words),
        f"{result.chair.per_caption:.1%}",
        f"{result.chair.per_object:.1%}",
        "-" if found is None or found.auc is None else f"{found.auc:.3f}",
    ]


def _document(
    identity: Mapping[str, object], result: Evaluation, scores: Mapping[str, MetricScore]
) -> dict[str, object]:
    return {
        **identity,
        "scores": {name: metric.score for name, metric in scores.items()},
        "chair": asdict(result.chair),
        "reliability": result.reliability and asdict(result.reliability),
        "intervals": {name: [metric.low, metric.high] for name, metric in scores.items()},
        "images": [
            {"image": image, "caption": text}
            | {name: metric.images[image] for name, metric in scores.items() if metric.images}
            for image, text in result.captions.items()
        ],
    }
