"""`caption-train report`: trainings and their captions gathered into one HTML page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from captioning import Captioner, load_captioner, open_image
from captioning.attention import draw_attention
from training.bootstrap import intervals
from training.curve import read_curve
from training.datasets import Dataset, Record, canonical_split
from training.evaluate import evaluate_captioner
from training.metrics import ImageScores, measure, score_each
from training.named_models import checkpoint_of, distinct
from training.report_page import Example, ModelReport, Report, page
from training.run_folder import RunFolder

_EXAMPLES = 6
"""Photos in each of the groups best, any and worst."""
_PHOTO_SIZE = (640, 440)
"""Pixels that a photo on the page has at most; twice what it is shown at, for sharp screens."""


def write_report(
    runs: Sequence[str],
    dataset: Dataset,
    out: Path,
    *,
    split: str = "dev",
    beam_size: int | None = None,
    engine: str = "auto",
) -> None:
    """Caption a split with each model and write one self-contained HTML page.

    Args:
        runs: folders of trainings, checkpoint files or names of bundled models.
    Raises:
        CaptioningError: for a run without a checkpoint, an unknown model, a malformed dataset or
            an unreadable photo.
    """
    split = canonical_split(split)
    captioners = [load_captioner(checkpoint_of(run), engine=engine) for run in runs]
    records = dataset.records(split)
    titles = distinct([captioner.title for captioner in captioners], runs)
    models = []
    for run, captioner, title in zip(runs, captioners, titles, strict=True):
        curve = read_curve(RunFolder(Path(run)).curve)
        source = run if curve else f"version {captioner.version}"
        models.append(_model_report(captioner, title, source, curve, records, beam_size))
    report = Report(dataset.name, split, len(records), beam_size, datetime.now(UTC), models)
    temporary = out.with_name(out.name + ".part")
    temporary.write_text(page(report), encoding="utf-8")
    temporary.replace(out)


def _model_report(
    captioner: Captioner,
    title: str,
    source: str,
    curve: Sequence[dict[str, str]],
    records: Sequence[Record],
    beam_size: int | None,
) -> ModelReport:
    evaluation = evaluate_captioner(captioner, records, beam_size=beam_size)
    references = {record.name: record.captions for record in records}
    low, high = intervals(measure(evaluation.captions, references))
    each = score_each(evaluation.captions, references)
    chosen = _choose(records, each)
    groups = {
        group: [
            Example(
                record.name,
                evaluation.captions[record.name],
                record.captions,
                each[record.name],
                _small(record),
            )
            for record in members
        ]
        for group, members in chosen.items()
    }
    shown = [*chosen["best"][:2], *chosen["any"][:1], *chosen["worst"][:1]]
    attention = _attention(captioner, shown, beam_size)
    held_out = None if captioner.confidence is None else captioner.confidence.held_out
    return ModelReport(title, source, curve, evaluation, low, high, groups, held_out, attention)


def _choose(records: Sequence[Record], each: dict[str, ImageScores]) -> dict[str, Sequence[Record]]:
    """The photos captioned best and worst by CIDEr, and some that nobody chose.

    A small dataset is dealt out, so that no photo is in two groups.
    """
    # ROUGE-L tells apart the many captions of which CIDEr is 0.
    ranked = sorted(
        records, key=lambda record: (each[record.name].cider, each[record.name].rouge_l)
    )
    count = min(_EXAMPLES, -(-len(ranked) // 3))
    worst, best = ranked[:count], ranked[count:][-count:][::-1]
    rest = ranked[count : len(ranked) - len(best)]
    drawn = np.random.default_rng(0).permutation(len(rest))[:count]
    return {"best": best, "any": [rest[index] for index in drawn], "worst": worst}


def _small(record: Record) -> Image.Image:
    photo = open_image(record.image)
    photo.thumbnail(_PHOTO_SIZE, Image.Resampling.LANCZOS)
    return photo


def _attention(
    captioner: Captioner, records: Sequence[Record], beam_size: int | None
) -> list[tuple[str, Image.Image]]:
    pictures = []
    for record in track(records, "drawing attention", transient=True):
        photo = open_image(record.image)
        (caption,) = captioner.caption([photo], beam_size=beam_size)
        if caption.attention is not None:
            pictures.append((caption.text, draw_attention(photo, caption)))
    return pictures
