"""The seed repository's two decoders, to run its users' checkpoints as they are.

They follow the decoder protocol; ours in `captioning.decoders` are what is trained. Parameters
carry the seed's names. Shapes: B captions, P grid cells, C feature channels, E embedding,
H hidden, A attention, V vocabulary.
"""

import torch
from torch import Tensor, nn

from captioning.decoder_protocol import DecoderConfig, State


class SeedLSTMDecoder(nn.Module):
    """A stacked LSTM that reads the mean feature vector as if it were the first word (C = E)."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocabulary_size, config.embedding_size)
        self.lstm_cell = nn.LSTM(
            config.embedding_size, config.hidden_size, config.layers, batch_first=True
        )
        self.linear = nn.Linear(config.hidden_size, config.vocabulary_size)

    def start(self, features: Tensor) -> State:
        """Read the image: (B, P, C) → hidden and cell states, each (B, layers, H)."""
        _, (h, c) = self.lstm_cell(features.mean(1, keepdim=True))
        return h.transpose(0, 1), c.transpose(0, 1)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, None]:
        layers_first = tuple(part.transpose(0, 1).contiguous() for part in state)
        hidden, (h, c) = self.lstm_cell(self.embed(tokens).unsqueeze(1), layers_first)
        return self.linear(hidden.squeeze(1)), (h.transpose(0, 1), c.transpose(0, 1)), None


class SeedAttention(nn.Module):
    """Additive attention over the grid."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.encoder_attn = nn.Linear(config.feature_size, config.attention_size)
        self.decoder_attn = nn.Linear(config.hidden_size, config.attention_size)
        self.full_attn = nn.Linear(config.attention_size, 1)

    def forward(self, keys: Tensor, hidden: Tensor) -> Tensor:
        """Weights (B, P) that sum to 1, from keys (B, P, A) and a hidden state (B, H)."""
        scores = self.full_attn(torch.relu(keys + self.decoder_attn(hidden).unsqueeze(1)))
        return torch.softmax(scores.squeeze(2), dim=1)


class SeedAttentionDecoder(nn.Module):
    """An LSTM cell that reads the last word and a gated, weighted mean of the grid."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        c, h = config.feature_size, config.hidden_size
        self.embed = nn.Embedding(config.vocabulary_size, config.embedding_size)
        self.attention = SeedAttention(config)
        self.init_h = nn.Linear(c, h)
        self.init_c = nn.Linear(c, h)
        self.f_beta = nn.Linear(h, c)
        self.lstm_cell = nn.LSTMCell(config.embedding_size + c, h)
        self.fc = nn.Linear(h, config.vocabulary_size)

    def start(self, features: Tensor) -> State:
        """From (B, P, C): h (B, H), c (B, H), features (B, P, C), attention keys (B, P, A)."""
        mean = features.mean(1)
        return self.init_h(mean), self.init_c(mean), features, self.attention.encoder_attn(features)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, Tensor]:
        h, c, features, keys = state
        attention = self.attention(keys, h)
        context = torch.bmm(attention.unsqueeze(1), features).squeeze(1)  # (B, C)
        context = torch.sigmoid(self.f_beta(h)) * context
        h, c = self.lstm_cell(torch.cat([self.embed(tokens), context], 1), (h, c))
        return self.fc(h), (h, c, features, keys), attention
