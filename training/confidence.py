"""`caption-train calibrate`: how sure a model may be of its captions, learnt on photos of dev.

A caption fits when `training.nouns.fits` says so: it names at least one object or noun of the
references. Few captions fail that, so the model must stay small: of what the encoder sees only the
`_DIRECTIONS` in which photos differ most count, and all coefficients are pulled towards 0.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from captioning import Captioner, CaptioningError, load_captioner
from captioning.catalogue import locate
from captioning.checkpoint import store_confidence
from captioning.confidence import FEATURES, ConfidenceModel, Evidence, logistic
from captioning.images import Source
from training.calibration import reliability
from training.datasets import open_dataset
from training.named_models import checkpoint_of
from training.nouns import fits

_BATCH = 32
_DIRECTIONS = 20
"""Principal components of the encoder's means that the model may use."""
_RIDGE = 10.0
"""Penalty of squared coefficients, in captions."""
_STEPS = 50
_CLOSE = 1e-9
_FLAT = 1e-6
"""What varies less, as a share of what there is, varies by rounding only."""
_FEWEST = 20
"""Captions that fit, and that do not, without which nothing can be learnt."""


class CalibrationError(CaptioningError):
    """There is too little to learn from."""


class Photo(NamedTuple):
    """A photo that people have described."""

    name: str
    """Unlike that of any other."""
    image: Source
    references: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """Captions of photos, whether they fit, and what confidence is told from."""

    names: Sequence[str]
    figures: NDArray[np.float64]
    """(N, F)."""
    pooled: NDArray[np.float64]
    """(N, C)."""
    fitting: NDArray[np.bool_]
    """(N,)."""

    def part(self, rows: NDArray[np.bool_]) -> "Answered":
        """Those of some rows (N,)."""
        names = [name for name, wanted in zip(self.names, rows, strict=True) if wanted]
        return Answered(names, self.figures[rows], self.pooled[rows], self.fitting[rows])


def calibrate(
    model: str, datasets: Sequence[Path], out: Path | None = None, *, engine: str = "auto"
) -> ConfidenceModel:
    """Fit a model's confidence on the dev splits of datasets, print how good it is, and store it.

    Args:
        model: name of a model, path of a checkpoint, or folder of a run.
        out: the checkpoint to write; the given one is written again when None.

    Raises:
        CalibrationError: when too few captions fit or do not, or a bundled model would be written.
        CaptioningError: for an unknown model, a malformed dataset or an unreadable photo.
    """
    path = checkpoint_of(model)
    source = Path(path) if Path(path).is_file() else locate(path)
    if out is None and not Path(path).is_file():
        raise CalibrationError(f"{model} is not a file of yours: name one to write with --out")
    photos = [
        Photo(f"{dataset.name}/{record.name}", record.image, record.captions)
        for dataset in map(open_dataset, datasets)
        for record in dataset.records("dev")
    ]
    captioner = load_captioner(source, engine=engine)
    answered = answers(captioner, track(photos, f"captioning with {captioner.name}"))
    confidence = fitted(answered)
    Console().print(told(confidence), highlight=False)
    store_confidence(source, out or source, confidence)
    return confidence


def answers(captioner: Captioner, photos: Iterable[Photo]) -> Answered:
    """What a model says about photos, decoded as it is shipped, and whether that fits."""
    names: list[str] = []
    found: list[Evidence] = []
    fitting: list[bool] = []
    waiting = iter(photos)
    while batch := list(islice(waiting, _BATCH)):
        said = captioner.evidence([photo.image for photo in batch])
        found += said
        names += [photo.name for photo in batch]
        fitting += [
            fits(one.text, photo.references) for one, photo in zip(said, batch, strict=True)
        ]
    return Answered(
        names,
        np.stack([one.figures for one in found]),
        np.stack([one.pooled for one in found]).astype(np.float64),
        np.array(fitting),
    )


def fitted(answered: Answered) -> ConfidenceModel:
    """A confidence fitted on all photos, with how good one is that was fitted on half of them.

    Raises:
        CalibrationError: when too few captions fit, or too few do not.
    """
    fewest = min(answered.fitting.sum(), (~answered.fitting).sum())
    if fewest < _FEWEST:
        raise CalibrationError(
            f"of {len(answered.fitting)} captions {answered.fitting.sum()} fit: to learn which, at "
            f"least {_FEWEST} that do and {_FEWEST} that do not are needed; give more datasets"
        )
    first = np.array([_is_in_first_half(name) for name in answered.names])
    other = answered.part(~first)
    trial = fit(answered.part(first))
    held_out = reliability(trial.of(other.figures, other.pooled), other.fitting)
    return replace(fit(answered), held_out=held_out)


def fit(answered: Answered) -> ConfidenceModel:
    """The logistic model with the greatest likelihood, less `_RIDGE` of its coefficients.

    Features are brought to one scale, and photos to the directions in which they differ most, each
    of them to one scale too.
    """
    means, scales = _mean_and_scale(answered.figures)
    figures = np.nan_to_num((answered.figures - means) / scales)
    centre = answered.pooled.mean(axis=0)
    _, sizes, directions = np.linalg.svd(answered.pooled - centre, full_matrices=False)
    sizes, directions = sizes[:_DIRECTIONS], directions[:_DIRECTIONS]
    # What does not vary is no direction.
    directions = directions[sizes > _FLAT * np.linalg.norm(answered.pooled)]
    spread = sizes[: len(directions)] / np.sqrt(len(answered.names))
    by_direction = directions / spread[:, None]  # (D, C)
    seen = (answered.pooled - centre) @ by_direction.T
    weights, bias = _regression(np.concatenate([figures, seen], axis=1), answered.fitting)
    of_photo = weights[len(FEATURES) :] @ by_direction
    return ConfidenceModel(
        features=FEATURES,
        means=_numbers(means),
        scales=_numbers(scales),
        weights=_numbers(weights[: len(FEATURES)]),
        photo_weights=_numbers(of_photo),
        bias=float(bias - of_photo @ centre),
    )


def told(confidence: ConfidenceModel) -> str:
    """How good it is, in one line."""
    found = confidence.held_out
    assert found is not None
    ranked = "no AUC, as all captions are alike" if found.auc is None else f"AUC {found.auc:.3f}"
    return (
        f"{ranked}, Brier score {found.brier:.3f}, expected calibration error "
        f"{found.calibration_error:.3f}, on {found.captions:,} held-out photos, "
        f"of which {found.fitting:.1%} of the captions fit"
    )


def _regression(
    columns: NDArray[np.float64], fitting: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Coefficients and bias by Newton's method; the bias is free."""
    design = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[-1] = _CLOSE
    coefficients = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        told = logistic(design @ coefficients)
        slope = design.T @ (told - fitting) + ridge * coefficients
        curvature = (design * (told * (1 - told))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        coefficients -= step
        if np.abs(step).max() < _CLOSE:
            break
    return coefficients[:-1], float(coefficients[-1])


def _mean_and_scale(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each column, without nan; 0 and 1 of one that has nothing else, and no scale of 0."""
    is_there = ~np.isnan(values)
    count = np.maximum(is_there.sum(axis=0), 1)
    means = np.where(is_there, values, 0).sum(axis=0) / count
    squares = np.where(is_there, (values - means) ** 2, 0).sum(axis=0) / count
    return means, np.where(squares > _CLOSE, np.sqrt(squares), 1.0)


def _is_in_first_half(name: str) -> bool:
    """The same for a photo at every call, and by chance."""
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % 2 == 0


def _numbers(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(map(float, values))
