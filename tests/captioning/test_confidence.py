"""Telling how likely a caption fits."""

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from captioning.confidence import (
    FEATURES,
    UNSURE,
    Bin,
    ConfidenceModel,
    Reliability,
    is_unsure,
    measured,
)
from captioning.search import Hypothesis

RARITY = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0]
HELD_OUT = Reliability(10, 0.9, 0.8, 0.1, 0.05, (Bin(0.5, 0.4, 3), Bin(0.95, 1.0, 7)))
MODEL = ConfidenceModel(
    features=("mean_log_probability", "length"),
    means=(-1.0, 8.0),
    scales=(0.5, 2.0),
    weights=(1.0, -0.5),
    photo_weights=(0.25, 0.0, -1.0),
    bias=0.5,
    held_out=HELD_OUT,
)


def hypothesis(tokens: list[int], values: list[float], *, finished: bool = True) -> Hypothesis:
    return Hypothesis(tokens, values, None, finished)


def figures(**of: float) -> np.ndarray:
    return np.array([of.get(name, math.nan) for name in FEATURES])


def test_what_is_measured() -> None:
    found = measured(
        [
            hypothesis([4, 5, 6], [-1.0, -3.0, -2.0, -0.5]),
            hypothesis([4, 5, 7], [-1.0, -3.0, -2.0, -0.5]),
            hypothesis([6, 5], [-4.0, -2.5, 0.0]),
        ],
        RARITY,
    )
    expected = {
        "mean_log_probability": -6.5 / 4,
        "least_of_content": -3.0,
        "agreement": 0.75,
        "length": 3.0,
        "finished": 1.0,
    }
    assert dict(zip(FEATURES, found.tolist(), strict=True)) == pytest.approx(expected)


def test_the_likelier_another_hypothesis_is_the_more_it_counts() -> None:
    best, same, other = [5, 6], [6, 5], [7]

    def agreement(of_same: float, of_other: float) -> float:
        ranked = [hypothesis(best, [-1.0, -1.0, 0.0]), hypothesis(same, [of_same])]
        found = measured([*ranked, hypothesis(other, [of_other])], RARITY)
        return float(found[FEATURES.index("agreement")])

    assert agreement(-3.0, -9.0) > 0.99
    assert agreement(-9.0, -3.0) < 0.01


@pytest.mark.parametrize("tokens", [[], [4, 4]])
def test_captions_without_content_have_nothing_to_tell_of_it(tokens: list[int]) -> None:
    found = measured([hypothesis(tokens, [-1.0] * len(tokens), finished=False)], RARITY)
    told = dict(zip(FEATURES, found.tolist(), strict=True))
    assert math.isnan(told["least_of_content"])
    assert math.isnan(told["agreement"])
    assert told["finished"] == 0


def test_confidence_is_logistic() -> None:
    values = np.stack([figures(mean_log_probability=-0.5, length=6.0)] * 2)
    pooled = np.array([[2.0, 9.0, 0.5], [0.0, 0.0, 0.0]])
    odds = np.array([0.5 + 1.0 + 0.5 + 0.5 - 0.5, 0.5 + 1.0 + 0.5])
    np.testing.assert_allclose(MODEL.of(values, pooled), 1 / (1 + np.exp(-odds)))


def test_what_is_not_known_counts_as_usual() -> None:
    pooled = np.zeros(3)
    usual = MODEL.of(figures(mean_log_probability=-1.0, length=8.0), pooled)
    assert MODEL.of(figures(), pooled) == usual


def test_photos_far_from_all_others_give_a_probability_too() -> None:
    far = np.array([[1e6, 0, 0], [-1e6, 0, 0]])
    assert MODEL.of(np.stack([figures()] * 2), far).tolist() == [1.0, 0.0]


def test_a_document_gives_the_same_model() -> None:
    assert ConfidenceModel.of_document(asdict(MODEL), 3) == MODEL
    without = replace(MODEL, held_out=None)
    assert ConfidenceModel.of_document(asdict(without), 3) == without


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ("length", "mood")}, "features that are unknown: mood"),
        ({"means": (1.0,)}, "1 means of 2 features"),
        ({"weights": (1.0, math.nan)}, "not finite"),
        ({"bias": math.inf}, "not finite"),
        ({"scales": (1.0, 0.0)}, "scale that is not positive"),
        ({"photo_weights": (1.0,)}, "1 photo_weights, the encoder gives 3 channels"),
    ],
)
def test_impossible_models_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConfidenceModel.of_document(asdict(MODEL) | change, 3)


def test_who_is_unsure() -> None:
    assert is_unsure(UNSURE - 0.01)
    assert not is_unsure(UNSURE)
    assert not is_unsure(None)
