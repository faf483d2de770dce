"""The two caption decoders that are trained here.

Shapes: B captions, N words of them all, I photos, P grid cells, C feature channels, E embedding,
H hidden, V vocabulary.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from captioning.decoder_protocol import Decoder as Decoder
from captioning.decoder_protocol import DecoderConfig as DecoderConfig
from captioning.decoder_protocol import State as State
from captioning.dropout import Dropout
from captioning.seed.decoders import SeedAttentionDecoder, SeedLSTMDecoder
from captioning.vocabulary import PAD


class LSTMDecoder(nn.Module):
    """A stacked LSTM that reads the pooled image once, as if it were the first word.

    Source: Vinyals et al., "Show and Tell" (2015). The image is also merged into the output layer
    (Tanti et al., "What is the Role of Recurrent Neural Networks…", 2017), so that what is in the
    photo need not survive three layers and all the words before. The output layer shares its matrix
    with the word embedding (Press and Wolf, 2017).
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.image = nn.Linear(config.feature_size, config.embedding_size)
        self.image_norm = nn.LayerNorm(config.embedding_size)
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_size, PAD)
        self.lstm = nn.LSTM(
            config.embedding_size,
            config.hidden_size,
            config.layers,
            batch_first=True,
            dropout=config.dropout if config.layers > 1 else 0.0,
        )
        self.output = nn.Linear(config.hidden_size, config.embedding_size)
        self.merge = nn.Linear(config.embedding_size, config.embedding_size, bias=False)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = Dropout(config.dropout)
        nn.init.zeros_(self.merge.weight)
        _initialise_embedding(self.embedding)

    def start(self, features: Tensor) -> State:
        """Read the image: (B, P, C) → h and c, each (B, layers, H), and the image (B, E)."""
        image = self.dropout(self.image_norm(self.image(features.mean(1))))
        _, (h, c) = self.lstm(image.unsqueeze(1))
        return h.transpose(0, 1), c.transpose(0, 1), image

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, None]:
        embedded = self.embedding(tokens).unsqueeze(1)  # (B, 1, E)
        hidden, (h, c) = self.lstm(embedded, _layers_first(state))
        image = state[2]
        logits = self._logits(hidden.squeeze(1), image)
        return logits, (h.transpose(0, 1), c.transpose(0, 1), image), None

    def forward(self, features: Tensor, owners: Tensor, words: PackedSequence) -> Tensor:
        """Teacher forcing: N packed words read → (N, V) logits, packed alike.

        Args:
            features: (I, P, C), one row a photo.
            owners: (B,), the row of each caption's photo.
        """
        order = _in_packed_order(owners, words)
        state = tuple(part[order] for part in self.start(features))
        embedded = self.dropout(self.embedding(words.data))
        hidden, _ = self.lstm(PackedSequence(embedded, words.batch_sizes), _layers_first(state))
        # The captions that go on are the first of the batch at each step.
        rows = torch.cat([torch.arange(count) for count in words.batch_sizes.tolist()])
        return self._logits(hidden.data, state[2][rows.to(hidden.data.device)])

    def _logits(self, hidden: Tensor, image: Tensor) -> Tensor:
        """(N, H) and (N, E) → (N, V)."""
        output = self.output(self.dropout(hidden)) + self.merge(image)
        return functional.linear(self.dropout(output), self.embedding.weight, self.bias)


class AttentionDecoder(nn.Module):
    """An LSTM cell that looks at a weighted mean of the grid before each word.

    Source: Xu et al., "Show, Attend and Tell" (2015): deterministic soft attention, additive
    scores, the gating scalar made a vector, and the deep output layer. The output layer shares its
    matrix with the word embedding (Press and Wolf, 2017).
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        c, e, h = config.feature_size, config.embedding_size, config.hidden_size
        self.feature_norm = nn.LayerNorm(c)
        self.embedding = nn.Embedding(config.vocabulary_size, e, PAD)
        self.initial = nn.Linear(c, 2 * h)
        self.key = nn.Linear(c, config.attention_size)
        self.query = nn.Linear(h, config.attention_size)
        self.score = nn.Linear(config.attention_size, 1)
        self.gate = nn.Linear(h, c)
        self.cell = nn.LSTMCell(e + c, h)
        self.output = nn.Linear(h + c, e)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = Dropout(config.dropout)
        _initialise_embedding(self.embedding)

    def start(self, features: Tensor) -> State:
        """From (B, P, C): h (B, H), c (B, H), features (B, P, C), attention keys (B, P, A)."""
        features = self.feature_norm(features)
        h, c = torch.tanh(self.initial(features.mean(1))).chunk(2, dim=1)
        return h, c, features, self.key(features)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, Tensor]:
        h, c, features, keys = state
        context, attention = self._look(
            keys,
            self.query(h),
            self.gate(h),
            lambda weights: torch.bmm(weights.unsqueeze(1), features).squeeze(1),
        )
        h, c = self.cell(torch.cat([self.embedding(tokens), context], 1), (h, c))
        return self._logits(torch.cat([h, context], 1)), (h, c, features, keys), attention

    def forward(self, features: Tensor, owners: Tensor, words: PackedSequence) -> Tensor:
        """Teacher forcing: N packed words read → (N, V) logits, packed alike.

        What `step` computes word by word, in less time: the words' share of the cell's input comes
        from one product for all of them, what the hidden state is multiplied by is one matrix, and
        photos lend their grid to all their captions.

        Args:
            features: (I, P, C), one row a photo.
            owners: (B,), the row of each caption's photo.
        """
        photos = len(features)
        order = _in_packed_order(owners, words)
        places, most = _places(order, photos)
        h, c, features, keys = self.start(features)
        h, c, keys = h[order], c[order], keys[order]
        # Matrices that were cut or joined would be converted to autocast's type at every step.
        dtype = _type_of_products(features)
        features, keys = features.to(dtype), keys.to(dtype)
        parts = (self.query.weight, self.gate.weight, self.cell.weight_hh)
        by_hidden = torch.cat(parts).to(dtype)
        bias = torch.cat((self.query.bias, self.gate.bias, self.cell.bias_hh)).to(dtype)
        sizes = (self.config.embedding_size, self.config.feature_size)
        by_word, by_context = self.cell.weight_ih.split(sizes, 1)
        by_context = by_context.to(dtype)
        embedded = self.dropout(self.embedding(words.data))
        from_words = functional.linear(embedded, by_word, self.cell.bias_ih)
        hidden = []
        for from_word in from_words.split(words.batch_sizes.tolist()):
            # Captions are sorted by length, so the ones that go on are the first of the batch. A
            # slice that keeps all would still cost a copy of the whole gradient.
            if len(from_word) < len(h):
                h, c, keys, places = (part[: len(from_word)] for part in (h, c, keys, places))
            products = functional.linear(h, by_hidden, bias)
            query, gate, from_hidden = products.split([len(part) for part in parts], 1)
            mean = partial(_mean_of_shared_grids, features, places, most)
            context, _ = self._look(keys, query, gate, mean)  # (b, C), of the b that go on
            from_context = functional.linear(context, by_context)
            h, c = lstm_cell(from_word + from_hidden + from_context, c)
            hidden.append(torch.cat([h.to(dtype), context], 1))
        return self._logits(torch.cat(hidden))

    def _look(
        self, keys: Tensor, query: Tensor, gate: Tensor, mean: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, Tensor]:
        """What each caption sees next.

        Args:
            keys: (B, P, A).
            query: (B, A), and `gate`: (B, C), what the hidden state is multiplied to.
            mean: the mean of each caption's grid, (B, C), under weights (B, P).

        Returns:
            The gated mean (B, C), and the weights (B, P), which sum to 1.
        """
        scores: Tensor = self.score((keys + query.unsqueeze(1)).relu_())  # (B, P, 1)
        attention = scores.squeeze(2).float().softmax(1)
        return torch.sigmoid(gate) * mean(attention), attention

    def _logits(self, hidden: Tensor) -> Tensor:
        """(…, H + C) → (…, V)."""
        output = torch.tanh(self.output(self.dropout(hidden)))
        return functional.linear(self.dropout(output), self.embedding.weight, self.bias)


def _in_packed_order(owners: Tensor, words: PackedSequence) -> Tensor:
    """The rows of the captions' photos, in the order in which packing sorted the captions."""
    return owners if words.sorted_indices is None else owners[words.sorted_indices]


def _places(owners: Tensor, photos: int) -> tuple[Tensor, int]:
    """A place for each caption among equally many of every photo.

    Returns:
        (B,), where caption k of photo i has the place i · S + k, and S, the most that a photo has.
    """
    counts = torch.bincount(owners, minlength=photos)
    most = int(counts.max())
    by_photo = owners.argsort(stable=True)
    before = (counts.cumsum(0) - counts)[owners[by_photo]]  # captions of the photos before
    numbers = torch.empty_like(owners)
    numbers[by_photo] = torch.arange(len(owners), device=owners.device) - before
    return owners * most + numbers, most


def _mean_of_shared_grids(features: Tensor, places: Tensor, most: int, weights: Tensor) -> Tensor:
    """(b, C) means of the photos' grids (I, P, C) under the captions' weights (b, P).

    Args:
        places, most: see `_places`.
    """
    grid = features.new_zeros(len(features) * most, weights.shape[1])
    grid = grid.index_copy(0, places, weights.to(features.dtype)).view(len(features), most, -1)
    return torch.bmm(grid, features).flatten(0, 1).index_select(0, places)


def _type_of_products(tensor: Tensor) -> torch.dtype:
    """What matrices are multiplied in: autocast's type where it is on."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype


def lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """An LSTM cell's new h and c, from its four gates (B, 4 H) as torch orders them."""
    i, f, g, o = gates.float().chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _layers_first(state: State) -> tuple[Tensor, Tensor]:
    """Batch-first states (B, layers, H) as torch's LSTM wants them, (layers, B, H)."""
    h, c = (part.transpose(0, 1).contiguous() for part in state[:2])
    return h, c


def _initialise_embedding(embedding: nn.Embedding) -> None:
    """Small enough that a matrix shared with the output starts with moderate logits."""
    nn.init.normal_(embedding.weight, std=embedding.embedding_dim**-0.5)
    with torch.no_grad():
        embedding.weight[PAD].zero_()


AnyDecoder = LSTMDecoder | AttentionDecoder | SeedLSTMDecoder | SeedAttentionDecoder

DECODERS: dict[str, type[AnyDecoder]] = {
    "lstm": LSTMDecoder,
    "attention": AttentionDecoder,
    "seed-lstm": SeedLSTMDecoder,
    "seed-attention": SeedAttentionDecoder,
}


def build_decoder(config: DecoderConfig) -> AnyDecoder:
    """The decoder that `config` describes, freshly initialised."""
    return DECODERS[config.kind](config)
