"""Photos in, captions out: checkpoint, engine and search put together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from captioning.catalogue import ENTRIES, locate, title
from captioning.checkpoint import Card, Checkpoint
from captioning.decoders import Decoder, State
from captioning.encoders import mean_of_both_sides
from captioning.engine import Engine, create_engine
from captioning.fingerprint import fingerprint
from captioning.images import open_image, pixels
from captioning.search import Hypothesis, SearchOptions, search
from captioning.vocabulary import EOS, sentence

_BATCH = 16
_ENOUGH = 2
"""So many alternatives of the caption's own search are not worth another, wider one."""
_ARTICLES = frozenset({"a", "an", "the"})


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
    alternatives: tuple[str, ...] = ()
    """The next-best sentences, the best first, where they were asked for. They differ from this one
    and from each other in more than articles."""


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
        self.fingerprint: str = fingerprint(checkpoint)
        """Names exactly these weights with their search options, unlike the version."""
        self._preprocessing = checkpoint.preprocessing
        self._vocabulary = checkpoint.vocabulary
        self._rarity = checkpoint.vocabulary.rarity()
        self._search = checkpoint.search
        self._engine: Engine = create_engine(
            engine,
            model.encoder,
            checkpoint.preprocessing.size,
            threads,
            full_precision=checkpoint.decoder_config.is_imported,
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
        logit_adjustment: float | None = None,
        brevity: float = 0.0,
        alternatives: int = 0,
    ) -> list[Caption]:
        """Caption photos, one caption each and in their order.

        Args:
            images: encoded bytes, files, paths or Pillow images. Decode a photo once with
                `open_image` when several models are to see it.
            beam_size, length_penalty, block_ngram, logit_adjustment: see `SearchOptions`; the
                values chosen for this model on its dev split when None.
            brevity: added to the end token's logit before every word; above 0, captions end
                sooner (length normalisation can only choose among those the search has found).
            alternatives: most other wordings to give with each caption. They never change the
                caption itself, though they may take a second, wider search.

        Raises:
            ImageError: when an image cannot be used.
        """
        given: dict[str, Any] = {
            "beam_size": beam_size,
            "length_penalty": length_penalty,
            "block_ngram": block_ngram,
            "logit_adjustment": logit_adjustment,
        }
        given = {name: value for name, value in given.items() if value is not None}
        options = replace(self._search, **given)
        decoder: Decoder = _Brief(self._decoder, brevity) if brevity else self._decoder
        opened = [open_image(image) for image in images]
        captions: list[Caption] = []
        for start in range(0, len(opened), _BATCH):
            batch = pixels(opened[start : start + _BATCH], self._preprocessing)
            with torch.inference_mode():
                features = self._encode(batch)
                ranked = search(decoder, features, options, self._rarity)
                others = self._others(decoder, features, options, ranked, alternatives)
            for hypotheses, further in zip(ranked, others, strict=True):
                captions.append(replace(self._caption(hypotheses[0]), alternatives=further))
        return captions

    def _encode(self, batch: NDArray[np.float32]) -> Tensor:
        """Pixels (B, 3, S, S) → features (B, P, C)."""
        features = self._engine.encode(batch)
        if not self._preprocessing.both_sides:
            return features
        mirrored = np.ascontiguousarray(batch[..., ::-1])
        return mean_of_both_sides(features, self._engine.encode(mirrored))

    def _others(
        self,
        decoder: Decoder,
        features: Tensor,
        options: SearchOptions,
        ranked: list[list[Hypothesis]],
        count: int,
    ) -> list[tuple[str, ...]]:
        """The alternatives to the best of each photo's hypotheses, whose features are (B, P, C)."""
        found = [self._distinct(hypotheses, count) for hypotheses in ranked]
        short = [row for row, others in enumerate(found) if len(others) < min(count, _ENOUGH)]
        if short and 2 * count > options.beam_size:
            wider = replace(options, beam_size=2 * count)
            rows = torch.tensor(short, device=features.device)
            searched = search(decoder, features.index_select(0, rows), wider, self._rarity)
            for row, more in zip(short, searched, strict=True):
                best, *rest = ranked[row]
                # Scores of one length penalty compare, whatever the beam.
                rest = sorted([*rest, *more], key=lambda hypothesis: -hypothesis.score)
                found[row] = self._distinct([best, *rest], count)
        return found

    def _distinct(self, hypotheses: Sequence[Hypothesis], count: int) -> tuple[str, ...]:
        """Up to `count` finished sentences besides that of the first hypothesis."""
        seen: set[tuple[str, ...]] = set()
        sentences: list[str] = []
        for rank, hypothesis in enumerate(hypotheses):
            words = self._vocabulary.decode(hypothesis.tokens)
            meaning = tuple(word for word in words if word and word not in _ARTICLES)
            if meaning in seen:
                continue
            seen.add(meaning)
            if rank > 0 and hypothesis.finished and meaning:
                sentences.append(sentence(words))
        return tuple(sentences[:count])

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


class _Brief:
    """A decoder that is readier to end, by `bonus` on the end token's logit."""

    def __init__(self, decoder: Decoder, bonus: float) -> None:
        self._decoder = decoder
        self._bonus = bonus

    def start(self, features: Tensor) -> State:
        return self._decoder.start(features)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, Tensor | None]:
        logits, state, attention = self._decoder.step(tokens, state)
        logits = logits.clone()
        logits[:, EOS] += self._bonus
        return logits, state, attention


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
    """Load a model of the catalogue by name, or any checkpoint by path.

    Args:
        engine, threads: see `Captioner`.
        cache: folder of downloaded models; the user's own when None.

    Raises:
        CaptioningError: when there is no such model, its file is damaged, or the engine is missing.
    """
    checkpoint = Checkpoint.load(locate(name_or_path, cache))
    if name_or_path in ENTRIES:  # which may call it otherwise than its card
        checkpoint.card = replace(checkpoint.card, model=str(name_or_path))
    return Captioner(checkpoint, engine=engine, threads=threads)
