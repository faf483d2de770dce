"""Our networks as two OpenVINO graphs each: one reads photos, the other says the next word.

What a decoder computes of a photo before the first word belongs to the first graph. Of the state,
parts that belong to a photo (its grid, its attention keys) are kept once for all hypotheses about
it; hypotheses come as equally many rows of every photo. LSTMs are written out as the products they
are, and matrices may be held in 8 bits, which the processor multiplies several times faster.

Shapes: B photos, N = B · K hypotheses, S pixels a side, P grid cells, C feature channels,
A attention, E embedding, H hidden, L layers, V vocabulary.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.checkpoint import Model
from captioning.decoders import AnyDecoder, AttentionDecoder, LSTMDecoder, lstm_cell
from captioning.encoders import mean_of_both_sides
from captioning.images import Preprocessing
from captioning.runtime.telemetry import import_openvino

_SMALLEST = 2**14
"""Numbers of a matrix that is worth holding in 8 bits."""


def export(
    model: Model, preprocessing: Preprocessing, *, full_precision: bool
) -> "tuple[Any, Any, int]":
    """The graphs of a network in evaluation mode.

    Args:
        full_precision: hold every number in fp32; else the decoder's matrices in int8, with a
            scale for each output.

    Returns:
        An `openvino.Model` from pixels (B, S, S, 3) of 8 bits to the state, and last the encoder's
        mean over the grid (B, C); one from words (N,), then the state, to log-probabilities
        (N, V), attention (N, P) where the decoder has it, and the new rows of the state; and how
        many parts of the state have a row a hypothesis (the first) instead of one a photo.
    """
    decoder = model.decoder
    steps: _Steps
    if isinstance(decoder, LSTMDecoder):
        steps = _LSTMSteps(decoder, quantised=not full_precision)
    elif isinstance(decoder, AttentionDecoder):
        steps = _AttentionSteps(decoder, quantised=not full_precision)
    else:
        steps = _OtherSteps(decoder)
    reader = _Reader(model.encoder, steps, preprocessing).eval()
    side = preprocessing.size
    # Two photos and four hypotheses: a size of 1 could be taken for one that never changes.
    photos = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    with torch.inference_mode():
        *state, _ = reader(photos)
        rows, shared = state[: steps.rows], state[steps.rows :]
        if shared:
            rows = [part.repeat_interleave(2, 0) for part in rows]
        words = torch.zeros(len(rows[0]), dtype=torch.int64)
    steps = steps.eval()
    return convert(reader, (photos,)), convert(steps, (words, *rows, *shared)), steps.rows


class _Reader(nn.Module):
    """Pixels in, the state before the first word and the mean over the grid out."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: nn.Module, steps: "_Steps", preprocessing: Preprocessing) -> None:
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


class _Steps(nn.Module):
    """A decoder's start and step, written for export."""

    rows: int
    """How many parts of the state have a row a hypothesis; they come first."""

    def start(self, features: Tensor) -> tuple[Tensor, ...]:
        """The state before the first word, from (B, P, C)."""
        raise NotImplementedError

    def forward(self, words: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Log-probabilities (N, V), attention (N, P) if any, and the state's rows."""
        raise NotImplementedError


class _OtherSteps(_Steps):
    """Of any decoder, as it is."""

    decoder: AnyDecoder

    def __init__(self, decoder: AnyDecoder) -> None:
        super().__init__()
        self.decoder = decoder
        self.rows = 0

    def start(self, features: Tensor) -> tuple[Tensor, ...]:
        state: tuple[Tensor, ...] = self.decoder.start(features)
        self.rows = len(state)
        return state

    def forward(self, words: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        logits, state, attention = self.decoder.step(words, state)
        shown = () if attention is None else (attention,)
        return functional.log_softmax(logits, 1), *shown, *state


class _LSTMSteps(_Steps):
    """State: h and c (N, L, H), and of each photo its share of the output (B, E)."""

    rows = 2

    def __init__(self, decoder: LSTMDecoder, *, quantised: bool) -> None:
        super().__init__()
        self.decoder = decoder
        lstm = decoder.lstm
        self.layers = nn.ModuleList()
        for layer in range(lstm.num_layers):
            by_input, by_hidden, of_input, of_hidden = lstm.all_weights[layer]
            weight = torch.cat([by_input, by_hidden], 1)
            self.layers.append(_Product(weight, of_input + of_hidden, quantised))
        self.embedding = _Rows(decoder.embedding.weight, quantised)
        self.output = _Product(decoder.output.weight, decoder.output.bias, quantised)
        self.logits = _Product(decoder.embedding.weight, decoder.bias, quantised)

    def start(self, features: Tensor) -> tuple[Tensor, ...]:
        decoder = self.decoder
        image = decoder.image_norm(decoder.image(features.mean(1)))
        zeros = image.new_zeros(1, len(self.layers), decoder.config.hidden_size)
        zeros = zeros + 0 * image[:, :1, None]
        _, h, c = self._read(image, zeros, zeros)
        return h, c, decoder.merge(image)

    def forward(self, words: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        h, c, merged = state
        hidden, h, c = self._read(self.embedding(words), h, c)
        output = self.output(hidden).view(merged.shape[0], -1, merged.shape[1])
        output = (output + merged.unsqueeze(1)).flatten(0, 1)
        return functional.log_softmax(self.logits(output), 1), h, c

    def _read(self, hidden: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All layers, from the (N, E) vectors that are read."""
        all_h, all_c = [], []
        for layer, product in enumerate(self.layers):
            gates = product(torch.cat([hidden, h[:, layer]], 1))
            hidden, cell = lstm_cell(gates, c[:, layer])
            all_h.append(hidden)
            all_c.append(cell)
        return hidden, torch.stack(all_h, 1), torch.stack(all_c, 1)


class _AttentionSteps(_Steps):
    """State: h and c (N, H), and of each photo its grid (B, P, C) and the keys (B, P, A)."""

    rows = 2

    def __init__(self, decoder: AttentionDecoder, *, quantised: bool) -> None:
        super().__init__()
        self.decoder = decoder
        cell, query, gate = decoder.cell, decoder.query, decoder.gate
        self.sizes = [len(part.bias) for part in (query, gate)] + [len(cell.bias_hh)]
        self.by_hidden = _Product(
            torch.cat([query.weight, gate.weight, cell.weight_hh]),
            torch.cat([query.bias, gate.bias, cell.bias_hh + cell.bias_ih]),
            quantised,
        )
        self.by_input = _Product(cell.weight_ih, None, quantised)
        self.embedding = _Rows(decoder.embedding.weight, quantised)
        self.output = _Product(decoder.output.weight, decoder.output.bias, quantised)
        self.logits = _Product(decoder.embedding.weight, decoder.bias, quantised)

    def start(self, features: Tensor) -> tuple[Tensor, ...]:
        return self.decoder.start(features)

    def forward(self, words: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        h, c, features, keys = state
        query, gate, from_hidden = self.by_hidden(h).split(self.sizes, 1)
        query = query.reshape(keys.shape[0], -1, 1, keys.shape[2])  # (B, K, 1, A)
        scores = self.decoder.score((keys.unsqueeze(1) + query).relu())  # (B, K, P, 1)
        attention = scores.squeeze(3).softmax(2)
        context = torch.sigmoid(gate) * torch.bmm(attention, features).flatten(0, 1)
        gates = from_hidden + self.by_input(torch.cat([self.embedding(words), context], 1))
        h, c = lstm_cell(gates, c)
        logits = self.logits(torch.tanh(self.output(torch.cat([h, context], 1))))
        return functional.log_softmax(logits, 1), attention.flatten(0, 1), h, c


class _Product(nn.Module):
    """x Wᵀ + b, with W in int8 and a scale for each of its rows if it is large."""

    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, quantised: bool) -> None:
        super().__init__()
        self.rows = _Rows(weight, quantised and weight.numel() >= _SMALLEST)
        self.register_buffer("bias", None if bias is None else bias.detach())

    def forward(self, values: Tensor) -> Tensor:
        return functional.linear(values, self.rows.whole(), self.bias)


class _Rows(nn.Module):
    """A matrix, in int8 with a scale for each of its rows if `quantised`."""

    weight: Tensor
    scale: Tensor | None

    def __init__(self, weight: Tensor, quantised: bool) -> None:
        super().__init__()
        weight, scale = weight.detach(), None
        if quantised:
            scale = (weight.abs().amax(1, keepdim=True) / 127).clamp_min(1e-12)
            weight = (weight / scale).round().to(torch.int8)
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)

    def whole(self) -> Tensor:
        return self.weight if self.scale is None else self.weight.float() * self.scale

    def forward(self, indices: Tensor) -> Tensor:
        """(N,) → the rows of these indices (N, …)."""
        rows = self.weight[indices]
        return rows if self.scale is None else rows.float() * self.scale[indices]


def convert(module: nn.Module, example: Sequence[Tensor]) -> Any:
    """The graph of a module; sizes of the first dimensions of what it takes may change."""
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
        given: openvino.PartialShape([-1, *part.shape[1:]])
        for given, part in zip(graph.inputs, example, strict=True)
    }
    types = {torch.uint8: np.uint8, torch.int64: np.int64, torch.float32: np.float32}
    for given, part in zip(graph.inputs, example, strict=True):
        given.get_node().set_element_type(openvino.Type(types[part.dtype]))
    graph.reshape(shapes)
    graph.validate_nodes_and_infer_types()
    return graph
