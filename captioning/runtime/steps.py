"""Decoders as they are compiled: what each computes before the first word, and at every word.

LSTMs are written out as the products they are, and matrices may be held in 8 bits, which the
processor multiplies several times faster.

Shapes: B photos, N = B · K hypotheses, K rows of every photo; P grid cells, C feature channels,
A attention, E embedding, H hidden, L layers, V vocabulary.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.decoders import AnyDecoder, AttentionDecoder, LSTMDecoder, lstm_cell

_SMALLEST = 2**14
"""Numbers of a matrix that is worth holding in 8 bits."""


def steps_of(decoder: AnyDecoder, *, quantised: bool) -> "Steps":
    """A decoder's start and step.

    Args:
        quantised: hold its matrices in int8, with a scale for each output.
    """
    if isinstance(decoder, LSTMDecoder):
        return _LSTMSteps(decoder, quantised=quantised)
    if isinstance(decoder, AttentionDecoder):
        return _AttentionSteps(decoder, quantised=quantised)
    return _OtherSteps(decoder)


class Said(NamedTuple):
    """What a step gives."""

    logits: Tensor
    """(N, V)."""
    attention: tuple[Tensor, ...]
    """(N, P) where the decoder has it."""
    rows: tuple[Tensor, ...]
    """The new rows of the state."""


class Steps(nn.Module):
    """A decoder's start and step, written for export."""

    rows: int
    """How many parts of the state have a row a hypothesis; they come first."""

    def start(self, features: Tensor) -> tuple[Tensor, ...]:
        """The state before the first word, from (B, P, C)."""
        raise NotImplementedError

    def forward(self, words: Tensor, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> Said:
        """Read a word of each hypothesis, (N,).

        Args:
            rows: parts of the state with a row a hypothesis.
            shared: those with a row a photo.
        """
        raise NotImplementedError


class _OtherSteps(Steps):
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

    def forward(self, words: Tensor, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> Said:
        logits, state, attention = self.decoder.step(words, tuple(rows))
        return Said(logits, () if attention is None else (attention,), state)


class _LSTMSteps(Steps):
    """State: h and c of all layers (N, 2 L H), and of each photo its share of the output (B, E)."""

    rows = 1

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
        zeros = image.new_zeros(1, 2 * len(self.layers) * decoder.config.hidden_size)
        _, state = self._read(image, zeros + 0 * image[:, :1])
        return state, decoder.merge(image)

    def forward(self, words: Tensor, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> Said:
        hidden, state = self._read(self.embedding(words), rows[0])
        output = self.output(hidden)
        (merged,) = shared
        # Repeated, because what is added to a view of photos keeps OpenVINO from the fast product.
        merged = merged.unsqueeze(1).expand(-1, output.shape[0] // merged.shape[0], -1)
        return Said(self.logits(output + merged.reshape(output.shape)), (), (state,))

    def _read(self, hidden: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """All layers, from the (N, E) vectors that are read."""
        count = len(self.layers)
        before, after_h, after_c = state.chunk(2 * count, 1), [], []
        for layer, product in enumerate(self.layers):
            gates = product(torch.cat([hidden, before[layer]], 1))
            hidden, cell = lstm_cell(gates, before[count + layer])
            after_h.append(hidden)
            after_c.append(cell)
        return hidden, torch.cat([*after_h, *after_c], 1)


class _AttentionSteps(Steps):
    """State: h and c (N, 2 H), and of each photo its grid (B, P, C) and the keys (B, P, A)."""

    rows = 1

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
        h, c, features, keys = self.decoder.start(features)
        return torch.cat([h, c], 1), features, keys

    def forward(self, words: Tensor, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> Said:
        h, c = rows[0].chunk(2, 1)
        features, keys = shared
        query, gate, from_hidden = self.by_hidden(h).split(self.sizes, 1)
        query = query.reshape(keys.shape[0], -1, 1, keys.shape[2])  # (B, K, 1, A)
        looked = (keys.unsqueeze(1) + query).relu().transpose(2, 3)  # (B, K, A, P)
        # The score's bias is the same for all cells. A row times a matrix takes OpenVINO half of
        # what the matrix times a column does.
        scores = torch.matmul(self.decoder.score.weight, looked).squeeze(2)
        attention = scores.softmax(2)  # (B, K, P)
        context = torch.sigmoid(gate) * torch.bmm(attention, features).flatten(0, 1)
        gates = from_hidden + self.by_input(torch.cat([self.embedding(words), context], 1))
        h, c = lstm_cell(gates, c)
        logits = self.logits(torch.tanh(self.output(torch.cat([h, context], 1))))
        return Said(logits, (attention.flatten(0, 1),), (torch.cat([h, c], 1),))


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
