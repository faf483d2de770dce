"""A comparison of two models as one page: the verdict, differences with intervals, examples."""

from collections.abc import Sequence
from html import escape

from captioning import open_image
from training.feedback.compare import MOST_LOST, Compared, Difference, Example, Verdict
from training.html_page import fill, inline_image, tile

_EXAMPLES = 6
_PHOTO_SIZE = (640, 440)
_GUARD = ' <span class="tag">guard</span>'
_STYLES = {
    Verdict.BETTER: "good",
    Verdict.SAME: "neutral",
    Verdict.WORSE: "bad",
    Verdict.REFUSED: "bad",
}


def compare_page(old: str, new: str, compared: Sequence[Compared], result: Verdict) -> str:
    """The HTML of the page; `old` and `new` are the models' titles."""
    tiles = "".join(
        tile(
            f"{of_set.name}{' (guard)' if of_set.is_guard else ''}",
            f"{of_set.cider.change:+.1f}",
            f"CIDEr, {of_set.cider.low:+.1f} to {of_set.cider.high:+.1f}; {of_set.split}, "
            f"{len(of_set.examples):,} photos",
            colour=index % 4,
        )
        for index, of_set in enumerate(compared)
    )
    sections = [f'<p class="verdict {_STYLES[result]}">{escape(_sentence(result, compared))}</p>']
    for of_set in compared:
        sections += [_table(of_set), _examples(of_set)]
    return fill(
        title=f"{new} against {old}",
        subtitle="The same photos, captioned by both as people's photos are",
        tiles=tiles,
        sections=sections,
        footer=(
            "Intervals hold 95 % of the differences over 1,000 bootstrap draws of the photos, the "
            "same draws for both models. A difference is one when its whole interval is on one "
            "side of 0. Scores ×100 as pycocoevalcap computes them; for the Brier score and the "
            "calibration error, less is better."
        ),
    )


def _sentence(result: Verdict, compared: Sequence[Compared]) -> str:
    fallen = ", ".join(of_set.name for of_set in compared if of_set.falls)
    return {
        Verdict.BETTER: "Better",
        Verdict.SAME: "No difference that these photos could show",
        Verdict.WORSE: "Worse",
        Verdict.REFUSED: f"Refused: it loses more than {MOST_LOST} CIDEr on {fallen}",
    }[result]


def _table(of_set: Compared) -> str:
    rows = "".join(_row(difference) for difference in of_set.differences)
    return (
        f"<h2>{escape(of_set.name)}, {escape(of_set.split)}"
        f"{_GUARD if of_set.is_guard else ''}</h2>"
        '<div class="scroll card"><table><thead><tr><th scope="col"></th><th scope="col">Old</th>'
        '<th scope="col">New</th><th scope="col">Difference</th><th scope="col">95 % interval</th>'
        f'<th scope="col">Verdict</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(difference: Difference) -> str:
    style = _STYLES[difference.verdict]
    digits = 3 if difference.lower_is_better else 2
    return (
        f'<tr><th scope="row">{difference.name}</th><td>{difference.old:.{digits}f}</td>'
        f"<td>{difference.new:.{digits}f}</td><td><b>{difference.change:+.{digits}f}</b></td>"
        f"<td>{difference.low:+.{digits}f} to {difference.high:+.{digits}f}{_strip(difference)}"
        f'</td><td class="{style}">{difference.verdict}</td></tr>'
    )


def _strip(difference: Difference) -> str:
    """The interval beside 0, which is in the middle."""
    end = max(abs(difference.low), abs(difference.high), abs(difference.change)) or 1.0
    low, value, high = (
        round(50 + 48 * number / end, 2)
        for number in (difference.low, difference.change, difference.high)
    )
    return (
        f'<svg class="whisker {_STYLES[difference.verdict]}" viewBox="0 0 100 10" '
        'preserveAspectRatio="none" aria-hidden="true">'
        '<line class="grid" x1="0" x2="100" y1="5" y2="5"/>'
        '<line class="grid" x1="50" x2="50" y1="0" y2="10"/>'
        f'<rect class="band" x="{low}" width="{round(high - low, 2)}" y="2" height="6"/>'
        f'<rect class="value" x="{value - 0.6}" width="1.2" y="0" height="10"/></svg>'
    )


def _examples(of_set: Compared) -> str:
    changed = [example for example in of_set.examples if example.old != example.new]
    won = [example for example in changed if example.change > 0][::-1][:_EXAMPLES]
    lost = [example for example in changed if example.change < 0][:_EXAMPLES]
    parts = []
    for heading, style, examples in (("Most won", "best", won), ("Most lost", "worst", lost)):
        if examples:
            articles = "".join(map(_article, examples))
            parts.append(f'<h3>{heading}</h3><div class="examples {style}">{articles}</div>')
    return "".join(parts)


def _article(example: Example) -> str:
    photo = open_image(example.record.image)
    photo.thumbnail(_PHOTO_SIZE)
    references = "".join(f"<li>{escape(text)}</li>" for text in example.record.captions)
    return (
        f'<article class="example card">{inline_image(photo, example.record.name)}<div>'
        f'<p class="caption">{escape(example.new)}</p>'
        f'<p class="quiet"><s>{escape(example.old)}</s></p>'
        f'<p class="score">CIDEr {example.change:+.0f}</p><ul>{references}</ul></div></article>'
    )
