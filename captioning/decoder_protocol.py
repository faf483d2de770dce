"""What is known of a decoder without its layers: its sizes, and how it is driven.

A decoder turns grid features into a *state*, then a word and a state into scores for the next word.
The state is a tuple of tensors whose first dimension is the batch, so that a search can select and
reorder hypotheses without knowing which decoder it drives.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

State = tuple["Tensor", ...]

_SEED = "seed-"
KINDS = ("lstm", "attention", f"{_SEED}lstm", f"{_SEED}attention")


class Decoder(Protocol):
    """What search needs of a decoder."""

    def start(self, features: "Tensor") -> State:
        """The state before the first word, from (B, P, C) features."""

    def step(self, tokens: "Tensor", state: State) -> "tuple[Tensor, State, Tensor | None]":
        """Read one word per caption, (B,): (B, V) logits, the next state, (B, P) attention."""


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Sizes of a decoder, stored in its checkpoint."""

    kind: str
    """``lstm`` (no attention) or ``attention``; imported: ``seed-lstm`` or ``seed-attention``."""
    vocabulary_size: int
    feature_size: int
    """C, the encoder's channels."""
    embedding_size: int = 384
    hidden_size: int = 512
    layers: int = 3
    """LSTM layers; the attention decoder has one cell and ignores this."""
    attention_size: int = 256
    """Width of the additive attention; the decoder without attention ignores this."""
    dropout: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"decoder kind must be one of {', '.join(KINDS)}: {self.kind!r}")
        for name in ("vocabulary_size", "feature_size", "embedding_size", "hidden_size", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"decoder {name} must be at least 1: {getattr(self, name)}")
        if self.kind == "seed-lstm" and self.embedding_size != self.feature_size:
            raise ValueError("decoder embedding_size must be feature_size where kind is seed-lstm")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"decoder dropout must lie in [0, 1): {self.dropout}")

    @property
    def is_imported(self) -> bool:
        """Whether it is another project's, whose captions are to be exactly the same here."""
        return self.kind.startswith(_SEED)

    @property
    def has_attention(self) -> bool:
        """Whether each word comes with weights over the grid."""
        return self.kind.removeprefix(_SEED) == "attention"
