"""Learning from captions when a model guesses."""

from dataclasses import replace

import numpy as np
import pytest

from captioning.confidence import FEATURES
from training.confidence import Answered, CalibrationError, fit, fitted


def answered(count: int = 600, *, channels: int = 6, seed: int = 0) -> Answered:
    """Captions that fit the more, the likelier they are and the more of a channel there is."""
    draws = np.random.default_rng(seed)
    figures = draws.normal(size=(count, len(FEATURES)))
    figures[:, FEATURES.index("finished")] = 1.0
    figures[::7, FEATURES.index("agreement")] = np.nan
    pooled = 5 + draws.normal(size=(count, channels))
    odds = 1.5 + 2 * figures[:, FEATURES.index("mean_log_probability")] + 2 * (pooled[:, 0] - 5)
    fitting = draws.random(count) < 1 / (1 + np.exp(-odds))
    return Answered([f"{n}.jpg" for n in range(count)], figures, pooled, fitting)


def test_what_makes_captions_fit_is_found() -> None:
    model = fit(answered(4000))
    found = dict(zip(model.features, model.weights, strict=True))
    assert found.pop("mean_log_probability") == pytest.approx(2, rel=0.15)
    assert all(abs(weight) < 0.2 for weight in found.values())
    first, *others = model.photo_weights
    assert first == pytest.approx(2, rel=0.15)
    assert all(abs(weight) < 0.2 for weight in others)


def test_confidence_comes_true() -> None:
    found = fitted(answered(2000))
    new = answered(2000, seed=1)
    confidence = found.of(new.figures, new.pooled)
    assert confidence.mean() == pytest.approx(new.fitting.mean(), abs=0.03)
    assert found.held_out is not None
    assert 800 < found.held_out.captions < 1200
    assert found.held_out.auc is not None
    assert found.held_out.auc > 0.85
    assert found.held_out.calibration_error < 0.06


def test_what_is_held_out_was_not_learnt() -> None:
    rows = answered(4000)
    chance = np.random.default_rng(2).random(4000) < 0.5
    found = fitted(replace(rows, fitting=chance)).held_out
    assert found is not None
    assert found.auc is not None
    assert abs(found.auc - 0.5) < 0.06


def test_halves_follow_from_names_alone() -> None:
    rows = answered(300)
    order = np.random.default_rng(3).permutation(300)
    shuffled = Answered(
        [rows.names[row] for row in order],
        rows.figures[order],
        rows.pooled[order],
        rows.fitting[order],
    )
    one, two = fitted(rows).held_out, fitted(shuffled).held_out
    assert one is not None
    assert two is not None
    assert one.captions == two.captions
    assert one.auc == pytest.approx(two.auc)


@pytest.mark.parametrize("channels", [1, 40])
def test_photos_may_differ_in_one_direction_or_in_many(channels: int) -> None:
    rows = answered(channels=channels)
    same = replace(rows, pooled=np.repeat(rows.pooled[:1], len(rows.names), axis=0))
    assert len(fit(rows).photo_weights) == channels
    assert fit(same).photo_weights == pytest.approx((0.0,) * channels)


def test_too_little_to_learn_from() -> None:
    rows = answered(100)
    with pytest.raises(CalibrationError, match="of 100 captions 95 fit"):
        fitted(replace(rows, fitting=np.arange(100) < 95))
