"""A training run as data: typed, validated, read from TOML."""

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from captioning import MODELS, CaptioningError

Precision = Literal["auto", "fp32", "bf16"]


class ConfigError(CaptioningError):
    """A configuration names an unknown option or an impossible value."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of training with its own learning rates."""

    epochs: int
    decoder_lr: float
    encoder_lr: float = 0.0
    """0 keeps the encoder frozen and trains on cached features."""
    train_from: int = 0
    """First child of the encoder's trunk that is trained; the ones before it stay as they are."""
    mirror: bool = True
    """Whether a frozen encoder's features of mirrored photos are cached and used too."""
    train_batch_norm: bool = False
    """Whether batch-norm statistics follow the data; otherwise they stay those of the start."""
    image_size: int | None = None
    """Side of the training photos in pixels, when it differs from the model's."""
    imitation: float = 0.0
    """Weight of the loss that draws the encoder towards the teacher's features."""
    distillation: float = 0.0
    """Share, 0 to 1, of what is learned of each word that is what the teacher would have said there
    instead of what the annotators did."""
    captions: bool = True
    """Whether captions are learned. Without them the encoder learns from its teacher alone, on
    photos blended with one another, of which no caption would be true."""
    min_scale: float | None = None
    """Smallest share of a photo that a crop keeps, when it differs from the training's."""
    images_per_batch: int = 32
    """Photos in a step, of all processes together; each brings all its captions."""
    accumulation: int = 1
    """Parts that a step is computed in, one after the other: less memory, the same outcome."""
    samples: int = 0
    """Captions sampled per photo for self-critical training; 0 trains with cross-entropy."""
    unlikelihood: float = 0.0
    """Weight of the loss on saying a word twice in a row, beside cross-entropy."""
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
        if self.samples < 0 or self.samples == 1:
            raise ConfigError("a phase needs samples of 0 (cross-entropy) or at least 2")
        if self.average_decay is not None and not 0 <= self.average_decay < 1:
            raise ConfigError("average_decay must lie in [0, 1)")
        if self.unlikelihood < 0 or (self.unlikelihood and self.samples):
            raise ConfigError("unlikelihood must not be negative, and goes with cross-entropy only")
        if self.imitation < 0 or (self.imitation and not self.encoder_lr):
            raise ConfigError("imitation must not be negative, and needs an encoder_lr above 0")
        if not 0 <= self.distillation <= 1 or (self.distillation and self.samples):
            raise ConfigError("distillation must lie in [0, 1], and goes with cross-entropy only")
        if self.distillation and not self.encoder_lr:
            raise ConfigError("distillation needs an encoder_lr above 0")
        if not self.captions and (not self.imitation or self.samples or self.unlikelihood):
            raise ConfigError(
                "a phase without captions needs imitation, and has neither samples nor unlikelihood"
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
    label_smoothing: float = 0.1
    weight_decay: float = 0.01
    precision: Precision = "auto"
    """``auto`` is bf16 on hardware that computes in it, and fp32 elsewhere."""
    gradient_clip: float = 1.0
    """Largest norm of a step's gradient."""
    average_decay: float = 0.998
    """Of the moving average of the weights, which is what is evaluated and shipped."""
    start: str | None = None
    """Model name or checkpoint that the training goes on from, with its words and sizes; None
    begins with an encoder's ImageNet weights and an untrained decoder."""
    teacher: str | None = None
    """Model name or checkpoint that phases with `imitation` or `distillation` learn from."""
    augmentation: dict[str, float] = field(default_factory=dict)
    """Fields of `Augmentation`, for phases that train the encoder."""

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ConfigError(f"model must be one of {', '.join(MODELS)}: {self.model!r}")
        if self.precision not in get_args(Precision):
            raise ConfigError(
                f"precision must be one of {', '.join(get_args(Precision))}: {self.precision!r}"
            )
        if not self.phases:
            raise ConfigError("a training needs at least one [[phases]] table")
        if self.teacher is None and any(
            phase.imitation or phase.distillation for phase in self.phases
        ):
            raise ConfigError("a phase with imitation or distillation needs a teacher")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load_config(path: Path) -> TrainConfig:
    """Read a configuration.

    Raises:
        ConfigError: naming the file and what is wrong in it.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        phases = tuple(Phase(**phase) for phase in document.pop("phases", []))
        return TrainConfig(**document, phases=phases)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no configuration at {path}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error
