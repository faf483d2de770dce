"""The difference of two shares of 👍, with an interval that holds however often one looks.

An ordinary 95 % interval holds for one look that was planned in advance: who looks every day, and
stops at the first one that excludes 0, finds a "difference" of two equal versions in a fifth to a
third of the trials. This is the mixture sequential probability ratio test: all looks together are
wrong in at most 5 % of the trials. The mixture goes back to Robbins, Statistical Methods Related to
the Law of the Iterated Logarithm (Annals of Mathematical Statistics 41, 1970); its use for
experiments that are looked at while they run is Johari, Koomen, Pekelis and Walsh, Always Valid
Inference: Continuous Monitoring of A/B Tests (Operations Research 70, 2022).

It rests on the estimate being about normal, with a variance that is estimated as well. So ratings
of one person are not taken for those of many, a person's ratings beyond the first few do not count,
and nothing is said of a handful of people; `tests/bot/figures/test_sequential.py` counts how often
it errs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

ALPHA = 0.05
"""Of all trials of equal versions, at most this share is ever told a difference."""
MIXTURE = 0.1
"""Standard deviation of the differences that it is best at finding: ten percentage points."""
MIN_PEOPLE = 10
"""Of fewer people, on either side, nothing can be said."""
MAX_RATINGS = 5
"""So many ratings of a person count, the first: nobody decides a trial alone."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one person said of the captions of one version."""

    up: int
    total: int
    """At least 1."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the second share is, from -1 to 1."""

    estimate: float
    error: float
    """Its standard error: 1.96 of it would do for one look."""
    low: float
    high: float
    """With `low` the interval: always valid, at a level of 1 - ALPHA."""


def difference(first: Sequence[Tally], second: Sequence[Tally]) -> Difference | None:
    """The difference of the shares of 👍 of two groups; a tally for each person.

    None when either group has fewer than MIN_PEOPLE. Somebody in both groups, as in a chat where
    people rate each other's photos, makes the interval wider than it need be.
    """
    if min(len(first), len(second)) < MIN_PEOPLE:
        return None
    estimate = share(second) - share(first)
    variance = _variance(first) + _variance(second)
    prior = MIXTURE**2
    # Where the likelihood ratio, mixed over N(0, prior) of differences, reaches 1 / ALPHA.
    bound = 2 * log(1 / ALPHA) + log((variance + prior) / variance)
    width = sqrt(variance * (variance + prior) / prior * bound)
    low, high = max(-1.0, estimate - width), min(1.0, estimate + width)
    return Difference(estimate, sqrt(variance), low, high)


def share(tallies: Sequence[Tally]) -> float:
    """The share of 👍 in the ratings of people, 0 to 1; 0 without any."""
    total = sum(tally.total for tally in tallies)
    return sum(tally.up for tally in tallies) / total if total else 0.0


def _variance(tallies: Sequence[Tally]) -> float:
    """Of the share, as that of a ratio estimated from people, who differ; never that of nothing.

    When all say the same, the variance between them is 0, though it was only not seen yet: that of
    as many independent ratings, one more of each kind among them, is the least.
    """
    people, total = len(tallies), sum(tally.total for tally in tallies)
    middle = share(tallies)
    squares = sum((tally.up - middle * tally.total) ** 2 for tally in tallies)
    between = squares / total**2 * people / (people - 1)
    smoothed = (middle * total + 1) / (total + 2)
    return max(between, smoothed * (1 - smoothed) / total)
