"""How likely a caption fits its photo, told from what captioning it computes anyway.

A logistic model of a few figures of the photo's hypotheses, and of the photo as the encoder sees
it: some photos are of a kind that the model knows, and some are not. Its coefficients come from
`caption-train calibrate` and lie in the checkpoint; what "fits" means is theirs to define.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captioning.search import Hypothesis

FEATURES = ("mean_log_probability", "least_of_content", "agreement", "length", "finished")
"""What `measured` gives, in its order: of all words and the end; of the least likely word of
content; which share of those words the other hypotheses say too; words; 1 if it ended."""
UNSURE = 0.85
"""Below this, people are told that a caption may be wrong."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Captions of about the same confidence."""

    confidence: float
    """Its mean."""
    fitting: float
    """The share that fits."""
    captions: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well confidence tells which captions fit.

    Sources: Brier, "Verification of forecasts expressed in terms of probability" (1950); Naeini et
    al., "Obtaining well calibrated probabilities using Bayesian binning" (2015).
    """

    captions: int
    fitting: float
    """The share that fits."""
    auc: float | None
    """How often a caption that fits has more confidence than one that does not; None where all
    fit, or none."""
    brier: float
    """The mean squared distance of confidence from what came true, 0 at best."""
    calibration_error: float
    """How far bins of equal width are from their share that fits, on average; 0 at best."""
    bins: tuple[Bin, ...]
    """The reliability curve, from the least confidence to the most; without empty bins."""


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """A logistic model.

    Raises:
        ValueError: for an unknown feature, too few numbers or too many, or one that is not finite.
    """

    features: tuple[str, ...]
    """Some of `FEATURES`."""
    means: tuple[float, ...]
    """Of each feature, over the captions that the model was fitted on."""
    scales: tuple[float, ...]
    """What each is divided by, when its mean is subtracted."""
    weights: tuple[float, ...]
    """Log-odds for one such scale."""
    photo_weights: tuple[float, ...]
    """Log-odds for each channel (C,) of `captioning.network.Network.pooled`."""
    bias: float
    held_out: Reliability | None = None
    """Of a fit on one half of the photos, measured on the other half."""

    def __post_init__(self) -> None:
        if unknown := sorted({*self.features} - {*FEATURES}):
            raise ValueError(f"confidence has features that are unknown: {', '.join(unknown)}")
        for name in ("means", "scales", "weights"):
            if len(getattr(self, name)) != len(self.features):
                raise ValueError(
                    f"confidence has {len(getattr(self, name))} {name} "
                    f"of {len(self.features)} features"
                )
        numbers = (*self.means, *self.scales, *self.weights, *self.photo_weights, self.bias)
        if not all(map(math.isfinite, numbers)):
            raise ValueError("confidence has a number that is not finite")
        if min(self.scales, default=1) <= 0:
            raise ValueError("confidence has a scale that is not positive")

    @classmethod
    def of_document(cls, document: Mapping[str, Any], channels: int) -> "ConfidenceModel":
        """What `dataclasses.asdict` made of one.

        Args:
            channels: C, the encoder's.

        Raises:
            KeyError, TypeError, ValueError: saying what is wrong with it.
        """
        held_out = document.get("held_out")
        if held_out is not None:
            bins = tuple(Bin(**one) for one in held_out["bins"])
            held_out = Reliability(**{**held_out, "bins": bins})
        lists = ("means", "scales", "weights", "photo_weights")
        model = cls(
            features=tuple(document["features"]),
            bias=float(document["bias"]),
            held_out=held_out,
            **{name: tuple(map(float, document[name])) for name in lists},
        )
        if len(model.photo_weights) != channels:
            raise ValueError(
                f"confidence has {len(model.photo_weights)} photo_weights, "
                f"the encoder gives {channels} channels"
            )
        return model

    def of(self, figures: _Floats, pooled: NDArray[np.floating[Any]]) -> _Floats:
        """Confidence (…) from 0 to 1.

        Args:
            figures: (…, F), as `measured`; what is nan counts as being as usual.
            pooled: (…, C).
        """
        chosen = figures[..., [FEATURES.index(name) for name in self.features]]
        scaled = np.nan_to_num((chosen - np.array(self.means)) / np.array(self.scales))
        odds = self.bias + scaled @ np.array(self.weights) + pooled @ np.array(self.photo_weights)
        return logistic(odds)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A caption, and what its confidence can be told from."""

    text: str
    figures: NDArray[np.float64]
    """(F,)."""
    pooled: NDArray[np.float32]
    """(C,)."""


def is_unsure(confidence: float | None) -> bool:
    """Whether people should be told so; not where nothing is known of it."""
    return confidence is not None and confidence < UNSURE


def logistic(odds: _Floats) -> _Floats:
    """Probabilities of log-odds, of any size."""
    told: _Floats = 0.5 * (1 + np.tanh(0.5 * odds))
    return told


def measured(ranked: Sequence[Hypothesis], rarity: Sequence[float]) -> _Floats:
    """The features (F,) of the first of a photo's hypotheses; nan where there is nothing to tell.

    Args:
        ranked: as `captioning.search.search` gives them.
        rarity: of each word of the vocabulary, from `Vocabulary.rarity`; those above 0 are words of
            content.
    """
    best, *others = ranked
    content = {token for token in best.tokens if rarity[token] > 0}
    of_content = [
        value
        for token, value in zip(best.tokens, best.log_probabilities, strict=False)
        if token in content
    ]
    values = {
        "mean_log_probability": sum(best.log_probabilities) / max(len(best.log_probabilities), 1),
        "least_of_content": min(of_content, default=math.nan),
        "agreement": _agreement(content, others),
        "length": len(best.tokens),
        "finished": best.finished,
    }
    return np.array([values[name] for name in FEATURES], np.float64)


def _agreement(content: set[int], others: Sequence[Hypothesis]) -> float:
    """The mean over the other hypotheses, each weighted by its likelihood."""
    if not content or not others:
        return math.nan
    totals = np.array([sum(other.log_probabilities) for other in others])
    likelihoods = np.exp(totals - totals.max())
    shared = [len(content.intersection(other.tokens)) / len(content) for other in others]
    return float(np.average(shared, weights=likelihoods))
