"""Photos in, captions out: checkpoint, engine and search put together."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from captioning import engine as engines
from captioning.caption import Caption as Caption
from captioning.card import Card
from captioning.catalogue import ENTRIES, locate, title
from captioning.confidence import Evidence, measured
from captioning.description import Description, read_description
from captioning.images import Source, open_images
from captioning.network import Network
from captioning.search import Hypothesis, SearchOptions
from captioning.vocabulary import sentence

if TYPE_CHECKING:  # it would bring torch
    from captioning.checkpoint import Checkpoint

_BATCH = 16
_ENOUGH = 2
"""So many alternatives of the caption's own search are not worth another, wider one."""
_ARTICLES = frozenset({"a", "an", "the"})


class Captioner:
    """A model ready for use; captioning is thread-safe.

    Args:
        description: the model.
        network: its encoder and decoder, see `load_captioner` and `captioner_of`.
        fingerprint: see `captioning.fingerprint`.
    """

    def __init__(self, description: Description, network: Network[Any], fingerprint: str) -> None:
        self.card: Card = description.card
        self.fingerprint = fingerprint
        """Names exactly these weights with their search options, unlike the version."""
        self._vocabulary = description.vocabulary
        self._search = description.search
        self._network = network
        self._rarity = description.vocabulary.rarity()
        self.confidence = description.confidence
        """What the confidence of captions comes from; None where the model was not calibrated."""

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
        return self._network.engine

    def caption(
        self,
        images: Sequence[Source],
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
        opened = open_images(images)
        captions: list[Caption] = []
        for start in range(0, len(opened), _BATCH):
            state = self._network.read(opened[start : start + _BATCH])
            ranked = self._network.search(state, options, brevity=brevity)
            others = self._others(state, options, brevity, ranked, alternatives)
            confidences = self._confidences(state, ranked)
            for hypotheses, further, confidence in zip(ranked, others, confidences, strict=True):
                caption = self._caption(hypotheses[0])
                captions.append(replace(caption, alternatives=further, confidence=confidence))
        return captions

    def evidence(self, images: Sequence[Source]) -> list[Evidence]:
        """Captions of photos, decoded as the model is shipped, with what confidence is told from.

        Raises:
            ImageError: when an image cannot be used.
        """
        found: list[Evidence] = []
        for start in range(0, len(images), _BATCH):
            state = self._network.read(open_images(images[start : start + _BATCH]))
            ranked = self._network.search(state, self._search)
            for hypotheses, pooled in zip(ranked, self._network.pooled(state), strict=True):
                text = self._caption(hypotheses[0]).text
                found.append(Evidence(text, measured(hypotheses, self._rarity), pooled))
        return found

    def _confidences(
        self, state: Any, ranked: list[list[Hypothesis]]
    ) -> Sequence[float] | Sequence[None]:
        if self.confidence is None:
            return [None] * len(ranked)
        figures = np.stack([measured(hypotheses, self._rarity) for hypotheses in ranked])
        confidences: list[float] = self.confidence.of(figures, self._network.pooled(state)).tolist()
        return confidences

    def _others(
        self,
        state: Any,
        options: SearchOptions,
        brevity: float,
        ranked: list[list[Hypothesis]],
        count: int,
    ) -> list[tuple[str, ...]]:
        """The alternatives to the best of each photo's hypotheses, from what was read of them."""
        if not count:
            return [()] * len(ranked)
        found = [self._distinct(hypotheses, count) for hypotheses in ranked]
        short = [row for row, others in enumerate(found) if len(others) < min(count, _ENOUGH)]
        if short and 2 * count > options.beam_size:
            wider = replace(options, beam_size=2 * count)
            searched = self._network.search(state, wider, brevity=brevity, photos=short)
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


def _grid(hypothesis: Hypothesis) -> NDArray[np.float32] | None:
    """(T, P) attention as (T, h, w); photos are square, so the grid is too."""
    if hypothesis.attention is None:
        return None
    side = math.isqrt(hypothesis.attention.shape[1])
    return hypothesis.attention.reshape(-1, side, side)


def caption_with_all(
    captioners: Sequence[Captioner], images: Sequence[Source], **options: Any
) -> list[list[Caption]]:
    """Caption photos with several models, which share the opened photos and work at once.

    Args:
        options: see `Captioner.caption`.

    Returns:
        For each model its captions, in the order of the photos.

    Raises:
        ImageError: when an image cannot be used.
    """
    opened = open_images(images)
    if len(captioners) < 2:
        return [captioner.caption(opened, **options) for captioner in captioners]
    # While one is in Python, the other has all threads of the engine.
    with ThreadPoolExecutor(len(captioners), thread_name_prefix="captioners") as threads:
        return list(threads.map(lambda each: each.caption(opened, **options), captioners))


def load_captioner(
    name_or_path: str | Path,
    *,
    engine: str = engines.AUTO,
    threads: int | None = None,
    cache: Path | None = None,
    compiled: Path | None = None,
    full_precision: bool = False,
) -> Captioner:
    """Load a model of the catalogue by name, or any checkpoint by path.

    Args:
        engine: see `captioning.engine.choose`. With ``openvino`` the first load compiles the model,
            which takes seconds; later ones are fast and bring no torch.
        threads: processor threads; all cores when None. torch has one setting for the whole
            process, which is left alone.
        cache: folder of downloaded models; the user's own when None.
        compiled: folder of compiled models; the user's own when None, or beside `cache`.
        full_precision: compute in fp32 even where something faster is native.

    Raises:
        CaptioningError: when there is no such model, its file is damaged, or the engine is missing.
    """
    path = locate(name_or_path, cache)
    if engines.choose(engine) == "openvino":
        from captioning.runtime.loading import load

        description = read_description(path)
        folder = compiled or (cache and cache / "compiled")
        loaded = load(
            path, description, threads=threads, full_precision=full_precision, folder=folder
        )
        captioner = Captioner(description, loaded.network, loaded.fingerprint)
    else:
        from captioning.checkpoint import Checkpoint

        captioner = captioner_of(
            Checkpoint.load(path), engine=engine, full_precision=full_precision
        )
    if name_or_path in ENTRIES:  # which may call it otherwise than its card
        captioner.card = replace(captioner.card, model=str(name_or_path))
    return captioner


def captioner_of(
    checkpoint: "Checkpoint",
    *,
    engine: str = engines.AUTO,
    threads: int | None = None,
    full_precision: bool = False,
) -> Captioner:
    """A checkpoint in memory, ready for use.

    Args:
        engine, threads, full_precision: see `load_captioner`.

    Raises:
        CheckpointError: when the weights do not fit their architecture.
        EngineError: when the engine is unknown or not installed.
    """
    from captioning.fingerprint import fingerprint

    network: Network[Any]
    if engines.choose(engine) == "openvino":
        from captioning.runtime.loading import compile_checkpoint

        network = compile_checkpoint(checkpoint, threads=threads, full_precision=full_precision)
    else:
        from captioning.torch_network import TorchNetwork

        exact = full_precision or checkpoint.decoder_config.is_imported
        # Who asks for torch asks for the reference.
        network = TorchNetwork(checkpoint, reduced=engine == engines.AUTO and not exact)
    return Captioner(checkpoint, network, fingerprint(checkpoint))
