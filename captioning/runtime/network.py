"""A network that OpenVINO has compiled, run without torch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, LifoQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning.images import Preprocessing, squares
from captioning.proposals import propose
from captioning.runtime.telemetry import import_openvino
from captioning.search import (
    Floats,
    Forbidden,
    Hypothesis,
    Integers,
    Proposals,
    SearchOptions,
    search,
)
from captioning.vocabulary import EOS, Vocabulary


@dataclass(frozen=True, slots=True)
class State:
    """What is known of photos before the first word."""

    rows: tuple[Floats, ...]
    """Parts that every hypothesis has its own of, (B, …)."""
    shared: tuple[Floats, ...]
    """Parts that all hypotheses about a photo share, (B, …)."""
    pooled: Floats
    """The encoder's mean over the grid, (B, C), which no step needs."""

    def of(self, photos: Sequence[int] | Integers) -> "State":
        """Of these photos only."""
        chosen = np.asarray(photos, dtype=np.int64)
        return State(
            tuple(part[chosen] for part in self.rows),
            tuple(part[chosen] for part in self.shared),
            self.pooled[chosen],
        )


class OpenVINONetwork:
    """See `captioning.network.Network`.

    Args:
        reader, steps: compiled graphs, see `captioning.runtime.export.export`.
        rows: how many parts of the state have a row a hypothesis.
        memory: what the graphs need as long as they are used.
    """

    engine = "openvino"

    def __init__(
        self,
        reader: Any,
        steps: Any,
        rows: int,
        preprocessing: Preprocessing,
        vocabulary: Vocabulary,
        memory: object = None,
    ) -> None:
        self._reader = _Requests(reader)
        self._steps = _Requests(steps)
        self._rows = rows
        self._preprocessing = preprocessing
        self._rarity = vocabulary.rarity()
        self._memory = memory

    def read(self, images: Sequence[Image.Image]) -> State:
        with self._reader.one() as request:
            request.infer(
                [squares(images, self._preprocessing)], share_inputs=True, share_outputs=True
            )
            parts = tuple(np.array(output.data) for output in request.output_tensors)
        return State(parts[: self._rows], parts[self._rows : -1], parts[-1])

    def pooled(self, state: State) -> Floats:
        return state.pooled

    def search(
        self,
        state: State,
        options: SearchOptions,
        *,
        brevity: float = 0.0,
        photos: Sequence[int] | None = None,
    ) -> list[list[Hypothesis]]:
        chosen = state if photos is None else state.of(photos)
        with self._steps.one() as request:
            decoding = _Decoding(request, chosen, options, self._rarity, brevity)
            return search(decoding, len(chosen.rows[0]), options)


class _Requests:
    """Inference requests of one compiled graph, each used by one thread at a time."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: LifoQueue[Any] = LifoQueue()

    @contextmanager
    def one(self) -> Iterator[Any]:
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            self._idle.put(request)


class _Decoding:
    def __init__(
        self,
        request: Any,
        state: State,
        options: SearchOptions,
        rarity: Sequence[float],
        brevity: float,
    ) -> None:
        self._request = request
        self._tensor = import_openvino().Tensor
        self._rows = state.rows
        self._shared = state.shared
        self._adjustment = options.adjustment(rarity)
        self._count = options.proposals(adjusted=self._adjustment is not None)
        self._brevity = brevity
        self._given: list[NDArray[Any]] = []
        self._give(self._shared, first=1 + len(self._rows))

    def step(self, words: Integers, parents: Integers, forbidden: Forbidden) -> Proposals:
        # Parents are chosen into new arrays: the old ones lie where this step's results will.
        rows = [part[parents] for part in self._rows]
        # What is only passed on comes out where it went in, so that must outlive the step.
        self._given = [words, *rows]
        self._give(self._given, first=0)
        self._request.infer(share_outputs=True)
        outputs = [tensor.data for tensor in self._request.output_tensors]
        self._rows = tuple(outputs[len(outputs) - len(rows) :])
        log_probabilities = outputs[0]
        if self._brevity:
            _end_sooner(log_probabilities, self._brevity)
        proposed, ids = propose(log_probabilities, forbidden, self._adjustment, self._count)
        looked = outputs[1].copy() if len(outputs) == len(rows) + 2 else None
        return Proposals(proposed, ids, looked)

    def keep(self, photos: Integers) -> None:
        self._shared = tuple(part[photos] for part in self._shared)
        self._give(self._shared, first=1 + len(self._rows))

    def _give(self, parts: Sequence[NDArray[Any]], first: int) -> None:
        """Set inputs from number `first` on; several times faster than as arguments of `infer`."""
        for number, part in enumerate(parts, start=first):
            self._request.set_input_tensor(number, self._tensor(part, shared_memory=True))


def _end_sooner(log_probabilities: NDArray[np.float32], bonus: float) -> None:
    """What log-probabilities become, in place, when `bonus` is added to the end token's logit."""
    end = log_probabilities[:, EOS].astype(np.float64)
    raised = np.log1p(np.exp(end) * np.expm1(bonus))
    log_probabilities -= raised[:, None].astype(np.float32)
    log_probabilities[:, EOS] = end + bonus - raised
