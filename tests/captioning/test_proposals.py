"""Against a full sort of every word."""

import numpy as np
import pytest

from captioning.proposals import propose
from captioning.search import Forbidden
from captioning.vocabulary import BOS, PAD, UNK

NOTHING = Forbidden(np.zeros(0, np.int64), np.zeros(0, np.int64))


def random(rows: int, words: int) -> np.ndarray:
    return np.random.default_rng(words).standard_normal((rows, words)).astype(np.float32)


@pytest.mark.parametrize("words", [5, 40, 999, 5000])
@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("count", [1, 10])
def test_the_best_words_of_each_row_are_proposed(words: int, adjusted: bool, count: int) -> None:
    values = random(7, words)
    bonus = random(1, words)[0] if adjusted else None
    allowed = values.copy()
    allowed[:, [PAD, BOS, UNK]] = -np.inf
    allowed[[0, 3], [words - 1, 4]] = -np.inf
    ranked = allowed if bonus is None else allowed + bonus
    expected = [set(row[:count]) for row in np.argsort(-ranked, axis=1).tolist()]
    forbidden = Forbidden(np.array([0, 3]), np.array([words - 1, 4]))
    proposed, ids = propose(values, forbidden, bonus, count)
    assert proposed.shape == ids.shape == (7, min(count, words))
    for row in range(7):
        said = ids[row][np.isfinite(proposed[row])].tolist()
        assert set(said) <= expected[row]
        assert len(said) == min(count, int(np.isfinite(allowed[row]).sum()))
        assert proposed[row].tolist() == sorted(proposed[row].tolist(), reverse=True)
        np.testing.assert_array_equal(proposed[row], allowed[row, ids[row]])


def test_words_that_are_never_said_are_not_proposed() -> None:
    values = random(2, 300)
    values[:, [PAD, BOS, UNK]] = 50
    _, ids = propose(values, NOTHING, None, 20)
    assert not set(ids.ravel().tolist()) & {PAD, BOS, UNK}
