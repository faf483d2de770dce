"""Whether a caption's confidence says how often such captions fit their photos."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from captioning.confidence import Bin, Reliability

_BINS = 10


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
    bins = _bins(confidence)
    gaps = np.zeros((len(confidence), _BINS))
    gaps[np.arange(len(confidence)), bins] = confidence - fitting
    return np.asarray(np.abs(times @ gaps).sum(axis=1) / times.sum(axis=1), np.float64)


def auc(confidence: NDArray[np.float64], fitting: NDArray[np.bool_]) -> float | None:
    """How often a caption that fits has more confidence than one that does not; equal is half.

    None where all fit, or none. It is the Mann-Whitney U statistic, divided by the number of pairs.
    """
    good, bad = confidence[fitting], np.sort(confidence[~fitting])
    if not len(good) or not len(bad):
        return None
    less = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(less.mean() / (2 * len(bad)))


def reliability(confidence: NDArray[np.float64], fitting: NDArray[np.bool_]) -> Reliability:
    """All that is to be told of confidences (N,) of captions that fit or do not."""
    once = np.ones((1, len(fitting)), np.int64)
    bins = _bins(confidence)
    return Reliability(
        captions=len(fitting),
        fitting=float(fitting.mean()),
        auc=auc(confidence, fitting),
        brier=float(brier(confidence, fitting, once)[0]),
        calibration_error=float(calibration_error(confidence, fitting, once)[0]),
        bins=tuple(
            Bin(
                float(confidence[bins == one].mean()),
                float(fitting[bins == one].mean()),
                int((bins == one).sum()),
            )
            for one in np.unique(bins)
        ),
    )


def _bins(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)


def known(confidences: Sequence[float | None]) -> NDArray[np.float64] | None:
    """Confidences as an array; None when not every caption has one."""
    values = [value for value in confidences if value is not None]
    return np.array(values) if values and len(values) == len(confidences) else None
