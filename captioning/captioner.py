"""Photos in, captions out: checkpoint, engine and search put together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from captioning.catalogue import locate, title
from captioning.checkpoint import Card, Checkpoint
from captioning.engine import Engine, create_engine
from captioning.images import open_image, pixels
from captioning.search import Hypothesis, search
from captioning.vocabulary import sentence

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption of one photo."""

    text: str
    """A sentence for people; one that was cut at the length limit ends in an ellipsis."""
    words: tuple[str, ...]
    """Lower-case words as the model said them."""
    word_probabilities: tuple[float, ...]
    """Of each word, given the photo and the words before it."""
    log_probability: float
    """Of the whole caption, its end included: the sum of natural logarithms."""
    attention: NDArray[np.float32] | None = field(compare=False)
    """(T, h, w): where the model looked for each word, rows sum to 1; None without attention."""
    model: str
    version: str
    finished: bool = True
    """Whether the model ended it; otherwise it was cut at the length limit."""


class Captioner:
    """A model ready for use. Loading takes seconds; captioning is thread-safe.

    Args:
        checkpoint: the model.
        engine: see `captioning.engine.create_engine`.
        threads: processor threads of the encoder; all cores when None.

    Raises:
        CheckpointError: when the weights do not fit their architecture.
        EngineError: when the engine is unknown or not installed.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, engine: str = "auto", threads: int | None = None
    ) -> None:
        model = checkpoint.build()
        self.card: Card = checkpoint.card
        self._preprocessing = checkpoint.preprocessing
        self._vocabulary = checkpoint.vocabulary
        self._search = checkpoint.search
        self._engine: Engine = create_engine(
            engine, model.encoder, checkpoint.preprocessing.size, threads
        )
        self._decoder = model.decoder.to(self._engine.device)

    @property
    def name(self) -> str:
        return self.card.model

    @property
    def version(self) -> str:
        return self.card.version

    @property
    def title(self) -> str:
        """The model's name as people read it."""
        return title(self.name)

    @property
    def engine(self) -> str:
        """The engine that was chosen."""
        return self._engine.name

    def caption(
        self,
        images: Sequence[bytes | BinaryIO | Path | Image.Image],
        *,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        block_ngram: int | None = None,
    ) -> list[Caption]:
        """Caption photos, one caption each and in their order.

        Args:
            images: encoded bytes, files, paths or Pillow images. Decode a photo once with
                `open_image` when several models are to see it.
            beam_size, length_penalty, block_ngram: see `SearchOptions`; the values chosen for this
                model on its dev split when None.

        Raises:
            ImageError: when an image cannot be used.
        """
        chosen = self._search
        options = replace(
            chosen,
            beam_size=chosen.beam_size if beam_size is None else beam_size,
            length_penalty=chosen.length_penalty if length_penalty is None else length_penalty,
            block_ngram=chosen.block_ngram if block_ngram is None else block_ngram,
        )
        opened = [open_image(image) for image in images]
        captions: list[Caption] = []
        for start in range(0, len(opened), _BATCH):
            batch = pixels(opened[start : start + _BATCH], self._preprocessing)
            with torch.inference_mode():
                ranked = search(self._decoder, self._engine.encode(batch), options)
            captions += [self._caption(hypotheses[0]) for hypotheses in ranked]
        return captions

    def _caption(self, hypothesis: Hypothesis) -> Caption:
        words = tuple(self._vocabulary.decode(hypothesis.tokens))
        probabilities = hypothesis.log_probabilities[: len(words)]
        return Caption(
            text=sentence(words, finished=hypothesis.finished),
            words=words,
            word_probabilities=tuple(math.exp(value) for value in probabilities),
            log_probability=sum(hypothesis.log_probabilities),
            attention=_grid(hypothesis),
            model=self.name,
            version=self.version,
            finished=hypothesis.finished,
        )


def _grid(hypothesis: Hypothesis) -> NDArray[np.float32] | None:
    """(T, P) attention as (T, h, w); photos are square, so the grid is too."""
    if hypothesis.attention is None:
        return None
    weights = hypothesis.attention.cpu().numpy()
    side = math.isqrt(weights.shape[1])
    return weights.reshape(-1, side, side)


def load_captioner(
    name_or_path: str | Path,
    *,
    engine: str = "auto",
    threads: int | None = None,
    cache: Path | None = None,
) -> Captioner:
    """Load a bundled or downloaded model by name, or any checkpoint by path.

    Args:
        engine, threads: see `Captioner`.
        cache: folder of downloaded models; the user's own when None.

    Raises:
        CaptioningError: when there is no such model, its file is damaged, or the engine is missing.
    """
    return Captioner(Checkpoint.load(locate(name_or_path, cache)), engine=engine, threads=threads)
