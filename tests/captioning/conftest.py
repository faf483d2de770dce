"""A small model with weights of its own, saved as a real checkpoint; and files like the seed's."""

import pickle
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import small_checkpoint
from torch import nn

from captioning.checkpoint import Checkpoint
from captioning.torchvision_compat import torchvision


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    return small_checkpoint()


@pytest.fixture(scope="session")
def checkpoint_path(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    checkpoint.save(path)
    return path


# The seed's classes, under the names its pickles have: only what their description says they hold.


class LLMModel(nn.Module):
    __module__ = "__main__"

    def __init__(self, words: int, embedding: int = 512, hidden: int = 300, layers: int = 3):
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.lstm_cell = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, words)


class Attention(nn.Module):
    __module__ = "__main__"

    def __init__(self, features: int, hidden: int, attention: int):
        super().__init__()
        self.encoder_attn = nn.Linear(features, attention)
        self.decoder_attn = nn.Linear(hidden, attention)
        self.full_attn = nn.Linear(attention, 1)


class DecoderWithAttention(nn.Module):
    __module__ = "__main__"

    def __init__(
        self, words: int, embedding: int = 1024, hidden: int = 1024, attention: int = 2048
    ):
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.attention = Attention(576, hidden, attention)
        self.init_h = nn.Linear(576, hidden)
        self.init_c = nn.Linear(576, hidden)
        self.f_beta = nn.Linear(hidden, 576)
        self.lstm_cell = nn.LSTMCell(embedding + 576, hidden)
        self.fc = nn.Linear(hidden, words)
        self.dropout = nn.Dropout(0.5)


@dataclass(frozen=True)
class Seed:
    """Makes the seed's files, of any size."""

    words: Callable[[int], list[str]]
    lstm: type[LLMModel] = LLMModel
    attention: type[DecoderWithAttention] = DecoderWithAttention

    def save(self, module: nn.Module, path: Path, **options: Any) -> Path:
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")  # the older layout asks for the classes' source
            for known in (LLMModel, Attention, DecoderWithAttention):
                patch.setattr(sys.modules["__main__"], known.__name__, known, raising=False)
            torch.save(module, path, **options)
        return path

    def save_words(self, words: list[str], path: Path) -> Path:
        path.write_bytes(pickle.dumps(words))
        return path


def seed_words(count: int) -> list[str]:
    """As the seed's list: the special words first, the empty string at 12."""
    others = [f"w{index}" if index != 12 else "" for index in range(4, count)]
    return ["PAD", "UNK", "EOS", "BOS", *others]


@pytest.fixture(scope="session")
def seed() -> Seed:
    return Seed(seed_words)


@pytest.fixture(scope="session")
def encoder_states() -> dict[str, dict[str, torch.Tensor]]:
    """Whole classifiers of the architectures whose ImageNet weights the seed uses."""
    torch.manual_seed(1)
    return {
        name: torchvision.models.get_model(name, weights=None).state_dict()
        for name in ("resnet34", "mobilenet_v3_small")
    }
