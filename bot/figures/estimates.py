"""Estimates from few observations: an interval for a share, and percentiles."""

from collections.abc import Sequence
from math import sqrt

Z_95 = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations of its mean."""


def wilson_interval(successes: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval for the probability behind `successes` out of `total`.

    Unlike the textbook interval it stays within 0 and 1 and makes sense for a handful of
    ratings. Nothing observed says nothing: (0, 1).

    Raises:
        ValueError: `successes` is not between 0 and `total`.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} successes out of {total} are impossible.")
    if total == 0:
        return 0.0, 1.0
    share = successes / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of `values` that is at least as large as `percent` % of them.

    Raises:
        ValueError: there are no values, or `percent` is not 1 to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError("A percentile needs values, and a percentage of 1 to 100.")
    rank = -(-percent * len(values) // 100)  # nearest rank, rounded up in whole numbers
    return sorted(values)[rank - 1]
