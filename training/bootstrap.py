"""How far scores would move with other photos of the same kind (Efron's bootstrap)."""

from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.metrics import Measurements, Scores

_DRAWS = 1000
_LEVEL = 95  # per cent


def intervals(
    measurements: Measurements, *, draws: int = _DRAWS, seed: int = 0
) -> tuple[Scores, Scores]:
    """The lower and upper ends of the 95 % percentile intervals of a corpus's scores.

    BLEU is computed anew from each draw's n-gram counts, since it is no mean of images; CIDEr keeps
    the word weights of the whole corpus.
    """
    times = draw_images(len(measurements.cider), draws, seed)
    low, high = ends([astuple(measurements.scores(row)) for row in times])
    return Scores(*low), Scores(*high)


def draw_images(count: int, draws: int = _DRAWS, seed: int = 0) -> NDArray[np.int64]:
    """How often each of `count` images is drawn, (draws, count): as many as there are, each time.

    The same draws for every metric and model, so that their intervals can be compared.
    """
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), draws)


def ends(scores: ArrayLike) -> tuple[Any, Any]:
    """The lower and the upper end of the interval that holds 95 % of drawn `scores`, (draws, …)."""
    tail = (100 - _LEVEL) / 2
    low, high = np.percentile(np.asarray(scores, np.float64), (tail, 100 - tail), axis=0)
    return low.tolist(), high.tolist()
