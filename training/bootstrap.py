"""How far scores would move with other photos of the same kind (Efron's bootstrap)."""

from dataclasses import astuple

import numpy as np

from training.metrics import Measurements, Scores

_LEVEL = 95  # per cent


def intervals(
    measurements: Measurements, *, draws: int = 1000, seed: int = 0
) -> tuple[Scores, Scores]:
    """The lower and upper ends of the 95 % percentile intervals of a corpus's scores.

    As many images as there are, are drawn with replacement, `draws` times. BLEU is computed anew
    from each draw's n-gram counts, since it is no mean of images; CIDEr keeps the word weights of
    the whole corpus.
    """
    count = len(measurements.cider)
    random = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    scores = [astuple(measurements.scores(random.multinomial(count, shares))) for _ in range(draws)]
    tail = (100 - _LEVEL) / 2
    low, high = np.percentile(scores, (tail, 100 - tail), axis=0)  # each (scores,)
    return Scores(*low.tolist()), Scores(*high.tolist())
