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
from captioning.vocabulary import BOS, PAD, UNK, Vocabulary

# Where the inputs of a step begin, see `captioning.runtime.export.Proposing`.
_CHOOSING, _STATE = 4, 7


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
        with self._steps.one() as first, self._steps.one() as second:
            decoding = _Decoding((first, second), chosen, options, self._rarity, brevity)
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
    """Two requests take turns, so that one reads the state where the other has left it."""

    def __init__(
        self,
        requests: tuple[Any, Any],
        state: State,
        options: SearchOptions,
        rarity: Sequence[float],
        brevity: float,
    ) -> None:
        self._request, self._other = requests
        self._tensor = import_openvino().Tensor
        self._shared = state.shared
        adjustment = options.adjustment(rarity)
        favour = np.zeros(len(rarity), np.float32) if adjustment is None else adjustment.copy()
        favour[[PAD, BOS, UNK]] = -np.inf
        count = min(options.proposals(adjusted=adjustment is not None), len(rarity))
        self._choosing = (np.zeros(count, np.float32), favour, np.array(brevity, np.float32))
        self._rows = [self._tensor(part, shared_memory=True) for part in state.rows]
        self._kept = state.rows
        self._give_both(self._choosing, _CHOOSING)
        self._give_both(self._shared, _STATE + len(self._rows))

    def step(self, words: Integers, parents: Integers, forbidden: Forbidden) -> Proposals:
        self._request, self._other = self._other, self._request
        request = self._request
        given = (words, parents, *forbidden)
        self._give(request, given, 0)
        for number, part in enumerate(self._rows, start=_STATE):
            request.set_input_tensor(number, part)
        request.infer(share_outputs=True)
        proposed, ids, *rest = request.output_tensors
        first = len(rest) - len(self._rows)
        self._rows = rest[first:]
        return Proposals(proposed.data, ids.data, rest[0].data if first else None)

    def keep(self, photos: Integers) -> None:
        self._shared = tuple(part[photos] for part in self._shared)
        self._give_both(self._shared, _STATE + len(self._rows))

    def _give_both(self, parts: Sequence[NDArray[Any]], first: int) -> None:
        for request in (self._request, self._other):
            self._give(request, parts, first)

    def _give(self, request: Any, parts: Sequence[NDArray[Any]], first: int) -> None:
        """Set inputs from number `first` on; several times faster than as arguments of `infer`."""
        for number, part in enumerate(parts, start=first):
            request.set_input_tensor(number, self._tensor(part, shared_memory=True))
