"""A training run as data: typed, validated, read from TOML."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from captioning import MODELS
from training.errors import ConfigError as ConfigError
from training.objectives import CrossEntropy, Objective, objective_of
from training.old_configs import translated

Precision = Literal["auto", "fp32", "bf16"]
Words = Literal["start", "prepared", "both"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of training with its own objective and learning rates."""

    epochs: int
    decoder_lr: float
    encoder_lr: float = 0.0
    """0 keeps the encoder frozen and trains on cached features."""
    objective: Objective = field(default_factory=CrossEntropy)
    train_from: int = 0
    """First child of the encoder's trunk that is trained; the ones before it stay as they are."""
    mirror: bool = True
    """Whether a frozen encoder's features of mirrored photos are cached and used too."""
    train_batch_norm: bool = False
    """Whether batch-norm statistics follow the data; otherwise they stay those of the start."""
    image_size: int | None = None
    """Side of the training photos in pixels, when it differs from the model's."""
    min_scale: float | None = None
    """Smallest share of a photo that a crop keeps, when it differs from the training's."""
    images_per_batch: int = 32
    """Photos in a step, of all processes together; each brings all its captions."""
    accumulation: int = 1
    """Parts that a step is computed in, one after the other: less memory, the same outcome."""
    average_decay: float | None = None
    """Of the moving average of the weights, when it differs from the training's. The longer the
    average, the better it does once the weights move around a good place: the weights of single
    epochs err in different directions (Izmailov et al., "Averaging Weights Leads to Wider Optima
    and Better Generalization", 2018)."""
    warmup_steps: int = 100
    patience: int = 4
    """Epochs without a better dev CIDEr after which the phase ends."""

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.images_per_batch < 1 or self.patience < 1:
            raise ConfigError("a phase needs epochs, images_per_batch and patience of at least 1")
        if not 1 <= self.accumulation <= self.images_per_batch:
            raise ConfigError("a phase needs accumulation from 1 to images_per_batch")
        if self.decoder_lr <= 0 or self.encoder_lr < 0:
            raise ConfigError("a phase needs decoder_lr above 0 and encoder_lr of at least 0")
        if self.average_decay is not None and not 0 <= self.average_decay < 1:
            raise ConfigError("average_decay must lie in [0, 1)")
        if self.objective.needs_photos and not self.encoder_lr:
            raise ConfigError(
                f"the objective {self.objective.kind} with a teacher needs an encoder_lr above 0"
            )


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a training's outcome, beside data and starting weights."""

    model: str
    encoder: str
    decoder: dict[str, Any]
    """Fields of `DecoderConfig`, without the vocabulary and feature sizes."""
    phases: tuple[Phase, ...]
    image_size: int = 224
    """Side of the model's input in pixels, for evaluation and use."""
    seed: int = 1
    weight_decay: float = 0.01
    precision: Precision = "auto"
    """``auto`` is bf16 on hardware that computes in it, and fp32 elsewhere."""
    gradient_clip: float = 1.0
    """Largest norm of a step's gradient."""
    average_decay: float = 0.998
    """Of the moving average of the weights, which is what is evaluated and shipped."""
    start: str | None = None
    """Model name or checkpoint that the training goes on from, with its sizes; None begins with an
    encoder's ImageNet weights and an untrained decoder."""
    words: Words = "start"
    """Which words a model that is trained further says: its own, so that others are UNK to it; the
    prepared dataset's; or its own and the dataset's behind them. It keeps what it knows of a word
    that stays."""
    augmentation: dict[str, float] = field(default_factory=dict)
    """Fields of `Augmentation`, for phases that train the encoder."""

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ConfigError(f"model must be one of {', '.join(MODELS)}: {self.model!r}")
        if self.precision not in get_args(Precision):
            raise ConfigError(
                f"precision must be one of {', '.join(get_args(Precision))}: {self.precision!r}"
            )
        if self.words not in get_args(Words):
            raise ConfigError(f"words must be one of {', '.join(get_args(Words))}: {self.words!r}")
        if self.words != "start" and self.start is None:
            raise ConfigError("words other than its own need a model to go on from: name its start")
        if not self.phases:
            raise ConfigError("a training needs at least one [[phases]] table")


def load_config(path: Path) -> TrainConfig:
    """Read a configuration, also one from before phases named their objectives.

    Raises:
        ConfigError: naming the file and what is wrong in it.
    """
    try:
        document = translated(tomllib.loads(path.read_text(encoding="utf-8")))
        phases = tuple(
            _phase(number, table) for number, table in enumerate(document.pop("phases", []), 1)
        )
        return TrainConfig(**document, phases=phases)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no configuration at {path}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error


def run_name(path: Path) -> str:
    """What the run of a configuration is called: as its file, behind folders below ``configs``."""
    below = [path.stem]
    for folder in path.absolute().parents:
        if folder.name == "configs":
            return "-".join(reversed(below))
        below.append(folder.name)
    return path.stem


def _phase(number: int, table: dict[str, Any]) -> Phase:
    try:
        options = dict(table)
        if "objective" in options:
            options["objective"] = objective_of(options["objective"])
        if unknown := sorted(options.keys() - {field.name for field in fields(Phase)}):
            raise ConfigError(f"there is no option {unknown[0]!r}")
        return Phase(**options)
    except (TypeError, ConfigError) as error:
        raise ConfigError(f"phase {number}: {error}") from error
