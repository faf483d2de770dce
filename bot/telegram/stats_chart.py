"""The picture of /stats: photos over time, the share of 👍, and how long answers take."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from babel.dates import format_skeleton

from bot.figures.periods import Step
from bot.figures.stats import Report
from bot.figures.trials import Comparison
from bot.i18n import gettext as _
from bot.i18n import translations
from bot.texts.reports import MAX_NAME, MAX_TRIALS, MAX_VERSIONS, period_name, version_title
from captioning.catalogue import title

if TYPE_CHECKING:  # it takes a second to load, and most starts draw nothing
    from matplotlib.axes import Axes

WIDTH = 5.4
"""Inches; with `DPI` a picture 1080 pixels wide, which a phone shows in its full width."""
DPI = 200
TEXT_SIZE = 12.5

INK, MUTED, GRID = "#1f2933", "#5f6c7b", "#d9dfe6"
BLUE, VERMILION = "#0072b2", "#d55e00"
"""From Okabe and Ito's palette: they differ for colour-blind people, and in grey."""


def draw_stats(report: Report) -> bytes:
    """Draw a report as a PNG, in the current language. Takes seconds: call it in a thread."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    versions = report.ratings[:MAX_VERSIONS]
    trials = report.trials[:MAX_TRIALS]
    heights = [1.7, 0.2 + 0.5 * max(1, len(versions)), 1.9]
    if trials:
        heights.insert(2, 0.2 + 0.5 * len(trials))
    with rc_context({"font.size": TEXT_SIZE, "text.color": INK, "axes.titlesize": TEXT_SIZE * 1.1}):
        # Not pyplot: it keeps every figure, and belongs to the main thread.
        figure = Figure(figsize=(WIDTH, sum(heights) + 1.9), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        figure.suptitle(period_name(report.period), x=0.03, ha="left", weight="bold")
        photos, ratings, *middle, latency = figure.subplots(len(heights), 1, height_ratios=heights)
        _draw_photos(photos, report)
        _draw_ratings(ratings, report)
        for axes in middle:
            _draw_trials(axes, trials)
        _draw_latency(latency, report)
        figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.08)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _draw_photos(axes: "Axes", report: Report) -> None:
    from matplotlib.ticker import MaxNLocator

    titles = {
        Step.HOUR: _("Photos per hour (UTC)"),
        Step.DAY: _("Photos per day"),
        Step.WEEK: _("Photos per week"),
        Step.MONTH: _("Photos per month"),
    }
    _begin(axes, titles[report.step])
    counts = [bar.photos for bar in report.bars]
    axes.bar(range(len(counts)), counts, width=0.8, color=BLUE)
    axes.set_ylim(0, max(4, *counts) * 1.08)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    _label_time(axes, report)


def _draw_ratings(axes: "Axes", report: Report) -> None:
    _begin(axes, _("Share of thumbs up, with 95 % interval"))
    versions = report.ratings[:MAX_VERSIONS]
    axes.set_xlim(0, 1)
    axes.set_ylim(max(1, len(versions)) - 0.5, -0.8)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=GRID)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    if not versions:
        _say_nothing(axes, _("no ratings yet"))
        return
    for row, ratings in enumerate(versions):
        low, high = ratings.interval
        axes.plot([low, high], [row, row], color=BLUE, linewidth=5, alpha=0.35)
        axes.plot(ratings.share, row, "o", color=BLUE, markersize=9, clip_on=False)
        name = _("{model}: {share:.0%} of {n}", "{model}: {share:.0%} of {n}", ratings.total)
        label = name.format(model=version_title(ratings), share=ratings.share, n=ratings.total)
        _label_row(axes, 0, row, label)


def _draw_trials(axes: "Axes", trials: Sequence[Comparison]) -> None:
    """How much the versions on trial gain, with intervals that hold however often one looks."""
    _begin(axes, _("On trial: points of thumbs up gained"))
    found = [it.difference for it in trials if it.difference is not None]
    reach = max([0.2, *(abs(side) for it in found for side in (it.low, it.high))]) * 1.05
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(trials) - 0.5, -0.8)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=GRID)
    axes.axvline(0, color=MUTED, linewidth=1.5)
    axes.xaxis.set_major_formatter(lambda value, _place: f"{round(value * 100):+d}")
    for row, comparison in enumerate(trials):
        name = f"{title(comparison.model)[:MAX_NAME]} {comparison.candidate.version[:MAX_NAME]}"
        difference = comparison.difference
        if difference is None:
            name = _("{model}: too few ratings yet").format(model=name)
        else:
            sides = [difference.low, difference.high]
            axes.plot(sides, [row, row], color=BLUE, linewidth=5, alpha=0.35)
            axes.plot(difference.estimate, row, "o", color=BLUE, markersize=9, clip_on=False)
        _label_row(axes, -reach, row, name)


def _label_row(axes: "Axes", left: float, row: int, label: str) -> None:
    # On white, so that no grid line runs through the letters.
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.text(left, row - 0.25, label, va="bottom", size=TEXT_SIZE * 0.92, bbox=paper)


def _draw_latency(axes: "Axes", report: Report) -> None:
    _begin(axes, _("Seconds from photo to answer"))
    bars = report.bars
    slowest = max((bar.latency.p95 for bar in bars if bar.latency), default=None)
    if slowest is None:
        _say_nothing(axes, _("no answers yet"))
        return
    # Steps without any answer are gaps in the lines.
    p95 = [bar.latency.p95 if bar.latency else float("nan") for bar in bars]
    p50 = [bar.latency.p50 if bar.latency else float("nan") for bar in bars]
    axes.plot(p95, "s-", color=VERMILION, linewidth=2, markersize=4.5, label=_("95 % within"))
    axes.plot(p50, "o-", color=BLUE, linewidth=2, markersize=4.5, label=_("half within"))
    # Room for the legend above the lines.
    axes.set_ylim(0, slowest * 1.4)
    axes.locator_params(axis="y", nbins=5)
    axes.legend(loc="upper left", ncols=2, frameon=False, borderaxespad=0, handlelength=1.4)
    _label_time(axes, report)


def _begin(axes: "Axes", title: str) -> None:
    axes.set_title(title, loc="left", color=INK, pad=8)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(colors=MUTED, length=0)


def _label_time(axes: "Axes", report: Report) -> None:
    """Name some steps below the axis; as many as a phone has room for."""
    axes.set_xlim(-0.6, len(report.bars) - 0.4)
    every = -(-len(report.bars) // (4 if report.step is Step.MONTH else 5))
    # Counted from the end: what is now is what people look for.
    places = range((len(report.bars) - 1) % every, len(report.bars), every)
    axes.set_xticks(places, [_time(report.bars[place].begin, report.step) for place in places])


def _time(begin: datetime, step: Step) -> str:
    if step is Step.HOUR:
        return f"{begin:%H}:00"
    skeleton = "yMMM" if step is Step.MONTH else "MMMd"
    return format_skeleton(skeleton, begin, locale=translations().current_locale)


def _say_nothing(axes: "Axes", text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=MUTED)
