"""Small models for bots that are tested for what they say, not for what they see.

Also imported by mortal_bot.py, which runs in a process of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from captioning import MODELS
from captioning.catalogue import attentive_models


@dataclass(frozen=True)
class Words:
    """What the bot uses of a caption."""

    text: str
    words: tuple[str, ...] = ("a", "photo")
    word_probabilities: tuple[float, ...] = (0.5, 0.5)
    log_probability: float = -1.4
    confidence: float | None = None
    alternatives: tuple[str, ...] = ()
    attention: Any = field(default=None, compare=False)
    """(T, h, w) weights; only captions of models with attention have them."""


class SmallCaptioner:
    """Answers at once, and never twice the same; `asked` are the options of its calls."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.version = "1"
        self._count = 0
        self.fingerprint = f"weights-of-{name}"
        self.asked: list[dict[str, Any]] = []

    def caption(self, images: Sequence[Image.Image], **options: Any) -> list[Words]:
        self.asked.append(options)
        return [self._words() for _ in images]

    def _words(self) -> Words:
        self._count += 1
        is_attentive = self._name in attentive_models()
        attention = np.full((2, 7, 7), 1 / 49, np.float32) if is_attentive else None
        return Words(
            text=f"<Caption> {self._count} & of {self._name}.",
            alternatives=tuple(f"<Wording> {n} & of {self._name}." for n in (1, 2, 3)),
            attention=attention,
        )


def small_models() -> dict[str, Any]:
    """What `bot.app.run` loads instead of the trained models."""
    return {name: SmallCaptioner(name) for name in MODELS}
