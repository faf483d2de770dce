"""Our networks as two OpenVINO graphs each: one reads photos, the other says how to go on.

What a decoder computes of a photo before the first word belongs to the first graph. Of the state,
parts that belong to a photo (its grid, its attention keys) are kept once for all hypotheses about
it; hypotheses come as equally many rows of every photo. The second graph chooses the rows that go
on and the words that they propose as well: arrays of the whole vocabulary never leave it.

Shapes: B photos, N = B · K hypotheses, k words proposed to each, S pixels a side, P grid cells, C
feature channels, V vocabulary.
"""

import warnings
from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from captioning.checkpoint import Model
from captioning.encoders import mean_of_both_sides
from captioning.images import Preprocessing
from captioning.runtime.steps import Steps, steps_of
from captioning.runtime.telemetry import import_openvino
from captioning.vocabulary import EOS


def export(
    model: Model, preprocessing: Preprocessing, *, full_precision: bool
) -> "tuple[Any, Any, int]":
    """The graphs of a network in evaluation mode.

    Args:
        full_precision: hold every number in fp32; else the decoder's matrices in int8, with a
            scale for each output.

    Returns:
        An `openvino.Model` from pixels (B, S, S, 3) of 8 bits to the state, and last the encoder's
        mean over the grid (B, C); one from what `Proposing.forward` takes to what it gives; and how
        many parts of the state have a row a hypothesis (the first) instead of one a photo.
    """
    steps = steps_of(model.decoder, quantised=not full_precision)
    reader = _Reader(model.encoder, steps, preprocessing).eval()
    side, vocabulary = preprocessing.size, model.decoder.config.vocabulary_size
    # Two photos and four hypotheses: a size of 1 could be taken for one that never changes.
    photos = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    with torch.inference_mode():
        *state, _ = reader(photos)
    rows, shared = state[: steps.rows], state[steps.rows :]
    rows = [part.repeat_interleave(2, 0) for part in rows]
    if not shared:
        rows = [part[:2] for part in rows]
    proposing = Proposing(steps, vocabulary).eval()
    numbers = torch.zeros(len(rows[0]), dtype=torch.int64)
    choosing = (torch.zeros(vocabulary), torch.tensor(0.0))
    taken = (numbers, numbers, numbers, numbers, torch.zeros(5), *choosing, *rows, *shared)
    fixed = range(5, 5 + len(choosing))
    return convert(reader, (photos,)), convert(proposing, taken, fixed), steps.rows


class _Reader(nn.Module):
    """Pixels in, the state before the first word and the mean over the grid out."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: nn.Module, steps: Steps, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.encoder = encoder
        self.steps = steps
        self.both_sides = preprocessing.both_sides
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1))

    def forward(self, photos: Tensor) -> tuple[Tensor, ...]:
        pixels = (photos.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std
        if self.both_sides:
            features, mirrored = self.encoder(torch.cat([pixels, pixels.flip(3)])).chunk(2)
            features = mean_of_both_sides(features, mirrored)
        else:
            features = self.encoder(pixels)
        return *self.steps.start(features), features.mean(1)


class Proposing(nn.Module):
    """A step, and how hypotheses may go on from it."""

    end: Tensor

    def __init__(self, steps: Steps, vocabulary: int) -> None:
        super().__init__()
        self.steps = steps
        self.register_buffer("end", torch.eye(vocabulary)[EOS])

    def forward(
        self,
        words: Tensor,
        parents: Tensor,
        forbidden_rows: Tensor,
        forbidden_words: Tensor,
        ranks: Tensor,
        favour: Tensor,
        brevity: Tensor,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        """Go on with some of the last step's rows, and propose words.

        Args:
            words: (N,), what each hypothesis says.
            parents: (N,), the row of the state that each continues.
            forbidden_rows, forbidden_words: (M,) each, what is not proposed to whom.
            ranks: (k,), anything: tracing makes constants of numbers, but not of sizes.
            favour: (V,), added to log-probabilities for the choice alone.
            brevity: (), added to the end token's logit.

        Returns:
            Log-probabilities and words, (N, k) each, the likeliest first; attention (N, P) where
            the decoder has it; and the new rows of the state.
        """
        before = [part[parents] for part in state[: self.steps.rows]]
        logits, attention, rows = self.steps(words, before, state[self.steps.rows :])
        logits = logits + self.end * brevity
        adjusted = logits + favour
        adjusted[forbidden_rows, forbidden_words] = -torch.inf
        best, chosen = adjusted.topk(ranks.shape[0], 1)
        # They are ranked within each hypothesis: a long caption's score would round small
        # differences between them away.
        proposed = logits.gather(1, chosen) - logits.logsumexp(1, keepdim=True)
        proposed = proposed.masked_fill(best == -torch.inf, -torch.inf)  # of very few words
        proposed, order = torch.sort(proposed, stable=True, dim=1, descending=True)
        return proposed, chosen.gather(1, order), *attention, *rows


def convert(module: nn.Module, example: Sequence[Tensor], fixed: Container[int] = ()) -> Any:
    """The graph of a module; sizes of the first dimensions of what it takes may change.

    Args:
        fixed: of what it takes, those numbers whose size never changes.
    """
    openvino = import_openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.inference_mode(), warnings.catch_warnings():
        # Other sizes may become constants.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        # Its check would run the network three more times, most of the time of a start.
        traced = torch.jit.trace(module, tuple(example), check_trace=False)
    # The frontend is driven directly because openvino.convert_model reports usage to a server.
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # must outlive the conversion
    graph = frontend.convert(frontend.load(decoder))
    shapes = {
        given: openvino.PartialShape(list(part.shape) if number in fixed else [-1, *part.shape[1:]])
        for number, (given, part) in enumerate(zip(graph.inputs, example, strict=True))
    }
    types = {torch.uint8: np.uint8, torch.int64: np.int64, torch.float32: np.float32}
    for given, part in zip(graph.inputs, example, strict=True):
        given.get_node().set_element_type(openvino.Type(types[part.dtype]))
    graph.reshape(shapes)
    graph.validate_nodes_and_infer_types()
    return graph
