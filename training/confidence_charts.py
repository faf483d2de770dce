"""The part of a report that shows whether models know when they guess."""

from collections.abc import Sequence
from html import escape

from captioning.confidence import Reliability
from training.charts import Point, Series, line_chart

_EXPLANATION = (
    "Each caption comes with a confidence that it names at least one object or noun of the "
    "references. A dot stands for captions of about the same confidence and tells how many of a "
    "hundred such fit; the straight line is where confidence is true. AUC: how often a caption "
    "that fits has more confidence than one that does not. Confidence was fitted on photos of dev: "
    "where this page is about dev, go by the photos held out from fitting."
)


def confidence_section(
    models: Sequence[tuple[str, Reliability | None, Reliability | None]],
) -> str:
    """HTML with the reliability curves of models; empty where none tells its confidence.

    Args:
        models: the title of each, its reliability on photos held out from fitting it, and on the
            photos of the report.
    """
    figures = [
        f'<figure class="card"><figcaption>{escape(title)}, {where}: {_told(found)}</figcaption>'
        f"{_curve(index, found)}</figure>"
        for index, (title, held_out, here) in enumerate(models)
        for where, found in (("photos held out from fitting", held_out), ("these photos", here))
        if found is not None
    ]
    if not figures:
        return ""
    return (
        f'<h2>Knows when it guesses</h2><p class="quiet">{_EXPLANATION}</p>'
        f'<div class="charts">{"".join(figures)}</div>'
    )


def _told(found: Reliability) -> str:
    auc = "" if found.auc is None else f"AUC {found.auc:.2f}, "
    return (
        f"{auc}Brier score {found.brier:.3f}, calibration error {found.calibration_error:.3f}, "
        f"{found.captions:,} captions of which {found.fitting:.0%} fit"
    )


def _curve(index: int, found: Reliability) -> str:
    points = [
        Point(
            100 * one.confidence,
            100 * one.fitting,
            f"{one.captions:,} captions: confidence {one.confidence:.0%}, {one.fitting:.0%} fit",
        )
        for one in found.bins
    ]
    true = [Point(0, 0, "none fits"), Point(100, 100, "all fit")]
    series = [Series(index, points), Series(index + 1, true)]
    return line_chart(series, "Captions that fit, %", "confidence, %", (0, 100))
