"""How a version on trial does, as /stats and /models tell it."""

from html import escape

from bot.figures.sequential import MIN_PEOPLE, Difference
from bot.figures.trials import Comparison, Verdict
from bot.i18n import gettext as _
from captioning.catalogue import title

MAX_VERSION = 24
"""Longer names of versions are cut: what is said of them has to fit under a picture."""


def trial_lines(comparison: Comparison) -> list[str]:
    """Which versions are compared, and what their ratings say so far."""
    head = _("{model}: {candidate} instead of {current} for {percent}% of the people").format(
        model=escape(title(comparison.model)[:MAX_VERSION]),
        candidate=escape(comparison.candidate.version[:MAX_VERSION]),
        current=escape(comparison.current.version[:MAX_VERSION]),
        percent=comparison.percent,
    )
    people = (comparison.candidate.people, comparison.current.people)
    if comparison.difference is None:
        verdict = _("rated by {candidate} and {current} people so far; {n} of each are needed")
        return [head, verdict.format(candidate=people[0], current=people[1], n=MIN_PEOPLE)]
    verdict = {
        Verdict.OPEN: _("no difference is shown yet"),
        Verdict.BETTER: _("it is better"),
        Verdict.WORSE: _("it is worse"),
    }[comparison.verdict]
    points = _("{points} of 👍 from {candidate} and {current} people: {verdict}").format(
        points=points_text(comparison.difference),
        candidate=people[0],
        current=people[1],
        verdict=f"<b>{verdict}</b>",
    )
    return [head, points]


def points_text(difference: Difference) -> str:
    """A difference of shares in percentage points, with its interval."""
    return _("{estimate} points ({low} to {high})").format(
        estimate=_signed(difference.estimate),
        low=_signed(difference.low),
        high=_signed(difference.high),
    )


def _signed(share: float) -> str:
    points = round(share * 100)
    return f"{points:+d}".replace("-", "−") if points else "0"
