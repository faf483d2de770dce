"""Whether a caption's confidence says how often such captions fit their photos."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.feedback.words import content_words

_BINS = 10
_NO_THINGS = frozenset(
    (
        "black white red green blue yellow orange brown grey gray pink purple dark light bright "
        "big large small little tiny tall long short old young three four five six several group "
        "front top side middle background wearing standing sitting looking walking holding"
    ).split()
)
"""Words of colour, size, number and place: right often, by chance."""


def fits(caption: str, references: Iterable[str]) -> bool:
    """Whether a caption names anything that one of the references names."""
    named = {word for reference in references for word in content_words(reference)}
    return not named.isdisjoint(set(content_words(caption)) - _NO_THINGS)


def brier(
    confidence: NDArray[np.float64], fitting: NDArray[np.bool_], times: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The Brier score (draws,), 0 at best: the mean squared distance from what came true.

    Args:
        confidence: (N,), from 0 to 1.
        fitting: (N,), whether each caption fits.
        times: (draws, N): how often each is drawn.
    """
    errors: NDArray[np.float64] = (confidence - fitting) ** 2
    return np.asarray(times @ errors / times.sum(axis=1), np.float64)


def calibration_error(
    confidence: NDArray[np.float64], fitting: NDArray[np.bool_], times: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The expected calibration error (draws,) of Naeini et al. (2015), 0 at best; see `brier`.

    How far, over ten bins of equal width, mean confidence is from the share that fits.
    """
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.zeros((len(confidence), _BINS))
    gaps[np.arange(len(confidence)), bins] = confidence - fitting
    return np.asarray(np.abs(times @ gaps).sum(axis=1) / times.sum(axis=1), np.float64)


def known(confidences: Sequence[float | None]) -> NDArray[np.float64] | None:
    """Confidences as an array; None when not every caption has one."""
    values = [value for value in confidences if value is not None]
    return np.array(values) if values and len(values) == len(confidences) else None
