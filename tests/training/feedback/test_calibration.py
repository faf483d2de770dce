"""How far confidence is from what comes true."""

import numpy as np
import pytest

from training.feedback.calibration import brier, calibration_error, fits, known

ONCE = np.ones((1, 4), np.int64)
TRUE = np.array([True, True, False, False])


def test_what_fits() -> None:
    references = ["A brown dog runs over grass.", "A dog in a field"]
    assert fits("Two dogs and a dog.", references)
    assert fits("A man in a field.", references)
    assert not fits("A brown cat is on a sofa.", references)  # the colour alone says little
    assert not fits("", references)


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
