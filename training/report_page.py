"""A report as HTML: one page that needs nothing beside itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from PIL import Image

from captioning.confidence import Reliability
from training.charts import COLOURS, Point, Series, line_chart, whisker
from training.confidence_charts import confidence_section
from training.evaluate import Evaluation
from training.html_page import fill, inline_image
from training.metrics import ImageScores, Scores

_METRICS = {
    "cider": "CIDEr",
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "rouge_l": "ROUGE-L",
}
_COLUMNS = {
    "loss": "Training loss",
    "reward": "CIDEr-D of sampled captions",
    "dev_cider": "CIDEr on dev",
    "dev_bleu4": "BLEU-4 on dev",
    "dev_ended": "Share that ends by itself, on dev",
    "dev_chair": "Share that names what nobody else does, on dev",
}
_OF_DATASET = "dev_cider_"
_OTHER_LOSS = "Loss where no captions are learned"
"""What the loss is of epochs that taught no captions, and so have no scores on dev."""
_PLACE = ("phase", "epoch", "step")
_GROUPS = {
    "best": ("Best", "The captions with the highest CIDEr."),
    "any": ("Drawn at random", "Neither the best nor the worst: what to expect."),
    "worst": ("Worst", "The captions with the lowest CIDEr. Some are right in words nobody used."),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One captioned photo."""

    name: str
    caption: str
    references: Sequence[str]
    scores: ImageScores
    photo: Image.Image
    """RGB, small."""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """All that the page tells of one model."""

    title: str
    source: str
    """Where the weights come from: the run's folder, or the model's version."""
    curve: Sequence[Mapping[str, str]]
    """Rows of `training.curve.read_curve`; none for a checkpoint without its run."""
    evaluation: Evaluation
    low: Scores
    high: Scores
    groups: Mapping[str, Sequence[Example]]
    """Under ``best``, ``any`` and ``worst``."""
    held_out: Reliability | None
    """Of the model's confidence, on photos of dev that it was not fitted on."""
    attention: Sequence[tuple[str, Image.Image]]
    """Captions and pictures of where the model looked; none for a model without attention."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole page."""

    dataset: str
    split: str
    photos: int
    beam: int | None
    """Beam size; each model's own when None."""
    written: datetime
    models: Sequence[ModelReport]


def page(report: Report) -> str:
    """The HTML of a report."""
    titles = " and ".join(model.title for model in report.models)
    beam = f"beam {report.beam}" if report.beam else "each model's own beam"
    tiles = "".join(_tile(index, model) for index, model in enumerate(report.models))
    sections = [_scores(report.models), _confidence(report.models), _curves(report.models)]
    for model in report.models:
        sections += [_examples(model), _attention(model)]
    return fill(
        title=f"How {titles} caption{'s' if len(report.models) == 1 else ''} photos",
        subtitle=(
            f"{report.dataset}, {report.split} split: {report.photos:,} photos, captioned freely "
            f"with {beam}, against people's own captions · {report.written:%d %B %Y}"
        ),
        tiles=tiles,
        sections=sections,
        footer=(
            "CIDEr rewards the words that matter in a photo, BLEU counts shared word sequences, "
            "ROUGE-L the longest shared order of words; all ×100, computed as pycocoevalcap does. "
            "Intervals hold 95 % of 1,000 bootstrap draws of the photos: a difference much "
            "smaller than an interval may be chance."
        ),
    )


def _series(index: int) -> str:
    return f"series-{index % COLOURS}"


def _tile(index: int, model: ModelReport) -> str:
    scores = model.evaluation.scores
    return (
        f'<section class="tile card {_series(index)}"><h2>{escape(model.title)}</h2>'
        f'<div class="quiet small">{escape(model.source)}</div>'
        f'<div class="number">{scores.cider:.1f}</div>'
        f'<div>CIDEr <span class="quiet">({model.low.cider:.1f}–{model.high.cider:.1f})</span>, '
        f"BLEU-4 {scores.bleu4:.1f} "
        f'<span class="quiet">({model.low.bleu4:.1f}–{model.high.bleu4:.1f})</span></div></section>'
    )


def _scores(models: Sequence[ModelReport]) -> str:
    ends = {
        metric: max(1.0, *(getattr(model.high, metric) for model in models)) for metric in _METRICS
    }
    heads = "".join(f'<th scope="col">{name}</th>' for name in _METRICS.values())
    heads += "".join(
        f'<th scope="col">{name}</th>'
        for name in ("ended", "repeating", "cut short", "CHAIRs", "CHAIRi", "words")
    )
    rows = []
    for index, model in enumerate(models):
        cells = [_score_cell(index, model, metric, ends[metric]) for metric in _METRICS]
        result = model.evaluation
        shares = (
            *(result.share_ended, result.share_repeating, result.share_dangling),
            *(result.chair.per_caption, result.chair.per_object),
        )
        cells += [f"<td>{share:.1%}</td>" for share in shares]
        cells.append(f"<td>{result.distinct_words:,}</td>")
        rows.append(
            f'<tr><th scope="row" class="key {_series(index)}"><span>{escape(model.title)}</span>'
            f"</th>{''.join(cells)}</tr>"
        )
    return (
        "<h2>Scores</h2>"
        '<p class="quiet">With 95 % intervals. “Ended”: the caption ended by itself; “repeating”: '
        "it says a word twice in a row; “cut short”: it ends in an article, preposition or "
        "conjunction; “CHAIRs”: it names one of COCO’s 80 objects that nobody else named, and "
        "“CHAIRi”: the share of such objects among all it names; “words”: distinct words in all "
        "captions.</p>"
        '<div class="scroll card"><table><thead><tr><th scope="col">model</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _score_cell(index: int, model: ModelReport, metric: str, end: float) -> str:
    low, value, high = (
        getattr(scores, metric) for scores in (model.low, model.evaluation.scores, model.high)
    )
    return (
        f"<td><b>{value:.1f}</b>{whisker(low, value, high, end, index)}"
        f'<span class="quiet small">{low:.1f}–{high:.1f}</span></td>'
    )


def _confidence(models: Sequence[ModelReport]) -> str:
    return confidence_section(
        [(model.title, model.held_out, model.evaluation.reliability) for model in models]
    )


def _curves(models: Sequence[ModelReport]) -> str:
    charts: dict[str, list[Series]] = {}
    for index, model in enumerate(models):
        for label, points in _lines(model.curve).items():
            charts.setdefault(label, []).append(Series(index, points))
    if not charts:
        return ""
    legend = "".join(
        f'<li class="key {_series(index)}"><span>{escape(model.title)}</span></li>'
        for index, model in enumerate(models)
        if model.curve
    )
    # All charts show the same epochs, so that what happened at once stands at one place.
    span = (1, max(len(model.curve) for model in models))
    figures = "".join(
        f'<figure class="card"><figcaption>{escape(label)}</figcaption>'
        f"{line_chart(series, label, 'epochs', span)}</figure>"
        for label, series in sorted(charts.items(), key=lambda item: _order(item[0]))
    )
    return (
        "<h2>Training</h2>"
        '<p class="quiet">One dot per epoch; a ring begins a phase with other learning rates or '
        "another objective. Dev scores here are of greedy captions; where a chart has no dots, "
        "those epochs did not measure that.</p>"
        f'<ul class="legend">{legend}</ul><div class="charts">{figures}</div>'
    )


def _lines(curve: Sequence[Mapping[str, str]]) -> dict[str, list[Point]]:
    """The points of each chart, by its label."""
    lines: dict[str, list[Point]] = {}
    previous: dict[str, tuple[int, str | None]] = {}
    for epoch, row in enumerate(curve, start=1):
        place = ", ".join(f"{key} {row[key]}" for key in _PLACE if key in row)
        phase = row.get("phase")
        for column, text in row.items():
            value = _number(text)
            if value is None or column in _PLACE:
                continue
            label = _label(column, row)
            last_epoch, last_phase = previous.get(label, (0, None))
            previous[label] = epoch, phase
            note = f"{label} {value:g} ({place})"
            point = Point(epoch, value, note, last_phase != phase, last_epoch == epoch - 1)
            lines.setdefault(label, []).append(point)
    return lines


def _label(column: str, row: Mapping[str, str]) -> str:
    if column == "loss" and not row.get("dev_cider"):
        return _OTHER_LOSS
    if column.startswith(_OF_DATASET):
        return f"{_COLUMNS['dev_cider']} of {column.removeprefix(_OF_DATASET)}"
    return _COLUMNS.get(column, column.replace("_", " ").capitalize())


def _order(label: str) -> int:
    """What is trained on first, then what is wanted."""
    known = [_OTHER_LOSS, *_COLUMNS.values()]
    return known.index(label) if label in known else len(known)


def _number(text: str | None) -> float | None:
    """None for what no chart can show: no number, or one of a training that went astray."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _examples(model: ModelReport) -> str:
    parts = [f"<h2>Captions of {escape(model.title)}</h2>"]
    for group, examples in model.groups.items():
        heading, explanation = _GROUPS[group]
        if examples:
            parts.append(
                f'<h3>{heading} <span class="quiet small">{explanation}</span></h3>'
                f'<div class="examples {group}">{"".join(map(_example, examples))}</div>'
            )
    return "".join(parts)


def _example(example: Example) -> str:
    references = "".join(f"<li>{escape(text)}</li>" for text in example.references)
    caption = escape(example.caption) or "(no words)"
    return (
        f'<article class="example card">{inline_image(example.photo, example.name)}<div>'
        f'<p class="caption">{caption}</p>'
        f'<p class="score">CIDEr {example.scores.cider:.0f}, '
        f"BLEU-4 {example.scores.bleu4:.0f}</p><ul>{references}</ul></div></article>"
    )


def _attention(model: ModelReport) -> str:
    if not model.attention:
        return ""
    figures = "".join(
        f'<figure class="card">{inline_image(picture, f"Where the model looked: {text}")}</figure>'
        for text, picture in model.attention
    )
    return (
        f"<h2>Where {escape(model.title)} looked</h2>"
        '<p class="quiet">For each word, from dark blue (ignored) to yellow (looked at); two of '
        "the best captions, one drawn at random, one of the worst.</p>"
        f'<div class="attention">{figures}</div>'
    )
