"""The best few of many log-probabilities, in NumPy."""

import numpy as np

from captioning.search import Floats, Forbidden, Integers
from captioning.vocabulary import BOS, PAD, UNK

_GROUP = 32
"""Words of which only the best is looked at first."""


def propose(
    log_probabilities: Floats, forbidden: Forbidden, adjustment: Floats | None, count: int
) -> tuple[Floats, Integers]:
    """The words that each hypothesis may go on with, the likeliest first.

    They are ranked within each hypothesis: a long caption's score would round small differences
    between them away.

    Args:
        log_probabilities: (N, V), in which words that must not be said are overwritten.
        adjustment: (V,), added for the choice alone.

    Returns:
        Log-probabilities and ids, each (N, k), where k is `count` or all words there are.
    """
    log_probabilities[:, [PAD, BOS, UNK]] = -np.inf
    log_probabilities[forbidden.rows, forbidden.words] = -np.inf
    if adjustment is None:
        words = _largest(log_probabilities, count)
    else:
        words = _largest(log_probabilities + adjustment, count)
    rows = np.arange(len(words))[:, None]
    proposed = log_probabilities[rows, words]
    order = np.argsort(-proposed, axis=1, kind="stable")
    return proposed[rows, order], words[rows, order]


def _largest(values: Floats, count: int) -> Integers:
    """Columns (N, k) of each row's largest values, in no order.

    They are among the groups whose own largest values are largest; to find those takes a maximum
    of all values, which is fast, and a selection among few.
    """
    rows, columns = values.shape
    groups = columns // _GROUP
    if groups <= 2 * count:
        return _selected(values, min(count, columns))
    # Group g holds the columns g, g + groups, g + 2 · groups …; a rest at the end belongs to none.
    grouped = values[:, : _GROUP * groups].reshape(rows, _GROUP, groups)
    best = _selected(grouped.max(axis=1), count)  # (N, k)
    rest = np.arange(_GROUP * groups, columns)
    members = best[:, None, :] + groups * np.arange(_GROUP)[:, None]  # (N, group, k)
    candidates = np.concatenate(
        [members.reshape(rows, -1), np.broadcast_to(rest, (rows, len(rest)))], axis=1
    )
    each = np.arange(rows)[:, None]
    return candidates[each, _selected(values[each, candidates], count)]


def _selected(values: Floats, count: int) -> Integers:
    """Columns (N, count) of each row's largest values, in no order, of not too many."""
    columns = values.shape[1]
    if count >= columns:
        return np.broadcast_to(np.arange(columns), values.shape)
    return np.argpartition(values, columns - count, axis=1)[:, columns - count :]
