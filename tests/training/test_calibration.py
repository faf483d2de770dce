"""How far confidence is from what comes true."""

import numpy as np
import pytest

from training.calibration import auc, brier, calibration_error, known, reliability

ONCE = np.ones((1, 4), np.int64)
TRUE = np.array([True, True, False, False])


@pytest.mark.parametrize(
    ("confidence", "squares", "gap"),
    [
        ([1.0, 1.0, 0.0, 0.0], 0.0, 0.0),
        ([0.0, 0.0, 1.0, 1.0], 1.0, 1.0),
        ([0.5, 0.5, 0.5, 0.5], 0.25, 0.0),  # knows nothing, and says so
        ([0.9, 0.9, 0.9, 0.9], (2 * 0.01 + 2 * 0.81) / 4, 0.4),
    ],
)
def test_scores(confidence: list[float], squares: float, gap: float) -> None:
    told = np.array(confidence)
    assert brier(told, TRUE, ONCE) == pytest.approx([squares])
    assert calibration_error(told, TRUE, ONCE) == pytest.approx([gap])


def test_photos_count_as_often_as_they_are_drawn() -> None:
    told, times = np.array([0.9, 0.8, 0.1, 0.7]), np.array([[2, 0, 1, 1]])
    picked = [0, 0, 2, 3]
    for error in (brier, calibration_error):
        assert error(told, TRUE, times) == pytest.approx(error(told[picked], TRUE[picked], ONCE))


def test_all_captions_or_none() -> None:
    assert known([0.5, None]) is None
    assert known([]) is None
    assert known([0.5, 0.25]).tolist() == [0.5, 0.25]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], 0.0),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([0.9, 0.3, 0.3, 0.1], 3.5 / 4),
    ],
)
def test_auc_is_the_share_of_pairs_in_the_right_order(
    confidence: list[float], expected: float
) -> None:
    assert auc(np.array(confidence), TRUE) == pytest.approx(expected)


def test_without_two_kinds_there_is_no_auc() -> None:
    assert auc(np.array([0.5]), np.array([True])) is None
    assert auc(np.array([0.5]), np.array([False])) is None


def test_the_reliability_curve_has_the_bins_that_have_captions() -> None:
    found = reliability(np.array([0.98, 1.0, 0.11, 0.13]), np.array([True, True, True, False]))
    assert (found.captions, found.fitting) == (4, 0.75)
    low, high = found.bins
    assert (low.confidence, low.fitting, low.captions) == (pytest.approx(0.12), 0.5, 2)
    assert (high.confidence, high.fitting, high.captions) == (pytest.approx(0.99), 1.0, 2)
    assert found.calibration_error == pytest.approx((0.38 + 0.01) / 2)
