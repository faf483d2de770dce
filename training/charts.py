"""Small charts as inline SVG; colours and type come from the page's style sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 24, 34
_TICKS = 4
COLOURS = 4
"""Series have the style classes ``series-0`` to ``series-3``, and begin again after that."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement."""

    x: float
    y: float
    note: str
    """Shown when a pointer rests on it."""
    starts: bool = False
    """Whether something new begins here; drawn as a ring."""
    joined: bool = True
    """Whether a line leads here from the point before."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart."""

    colour: int
    points: Sequence[Point]


def line_chart(
    series: Sequence[Series],
    label: str,
    x_label: str,
    span: tuple[float, float] | None = None,
) -> str:
    """An SVG of lines with a dot per point; empty series are left out.

    Args:
        label: what the values are, for those who cannot see the chart.
        span: ends of the x axis, for charts that are to be compared; those of the points when None.
    """
    drawn = [line for line in series if line.points]
    xs = [point.x for line in drawn for point in line.points]
    ys = [point.y for line in drawn for point in line.points]
    y_ticks = ticks(min(ys), max(ys))
    low, high = min(y_ticks[0], *ys), max(y_ticks[-1], *ys)
    first, last = span or (min(xs), max(xs))
    last = max(last, first + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        right = _LEFT + (x - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return round(right, 1), round(down, 1)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">']
    for tick in y_ticks:
        _, y = place(first, tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 8}" y="{y + 5}">{tick:g}</text>')
    for tick in (tick for tick in ticks(first, last) if tick == int(tick) and tick <= last):
        if tick >= first:
            x, _ = place(tick, low)
            parts.append(f'<text class="middle" x="{x}" y="{_HEIGHT - 10}">{tick:g}</text>')
    parts.append(
        f'<text class="end" x="{_WIDTH - _RIGHT}" y="{_TOP - 9}">{escape(x_label)} →</text>'
    )
    for line in drawn:
        parts.append(_line(line, [place(point.x, point.y) for point in line.points]))
    return "".join([*parts, "</svg>"])


def _line(line: Series, places: Sequence[tuple[float, float]]) -> str:
    stretches: list[list[str]] = []
    for point, (x, y) in zip(line.points, places, strict=True):
        if not (stretches and point.joined):
            stretches.append([])
        stretches[-1].append(f"{x},{y}")
    paths = "".join(f'<polyline points="{" ".join(stretch)}"/>' for stretch in stretches)
    dots = "".join(
        f'<circle class="{"ring" if point.starts else "dot"}" cx="{x}" cy="{y}" '
        f'r="{4.5 if point.starts else 3}"><title>{escape(point.note)}</title></circle>'
        for point, (x, y) in zip(line.points, places, strict=True)
    )
    return f'<g class="series-{line.colour % COLOURS}">{paths}{dots}</g>'


def whisker(low: float, value: float, high: float, end: float, colour: int) -> str:
    """A value with its interval on a line from 0 to `end`, as a strip of SVG."""
    x_low, x, x_high = (round(100 * number / end, 2) for number in (low, value, high))
    return (
        f'<svg class="whisker series-{colour % COLOURS}" viewBox="0 0 100 10" '
        'preserveAspectRatio="none" aria-hidden="true">'
        '<line class="grid" x1="0" x2="100" y1="5" y2="5"/>'
        f'<rect class="band" x="{x_low}" width="{round(x_high - x_low, 2)}" y="2" height="6"/>'
        f'<rect class="value" x="{x - 0.6}" width="1.2" y="0" height="10"/></svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, about four of them, whose first and last enclose `low` and `high`."""
    if high <= low:
        low, high = low - 0.5, low + 0.5
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    start, stop = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 10) for index in range(start, stop + 1)]
