"""A small model with weights of its own, saved as a real checkpoint."""

from pathlib import Path

import pytest
import torch

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary

WORDS = [f"word{index}" for index in range(20)]


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    vocabulary = Vocabulary(WORDS)
    config = DecoderConfig("attention", len(vocabulary), 576, 24, 32, 1, 16)
    return Checkpoint(
        card=Card("mobilenet-attention", "0.0.1", scores={"cider": 1.5}),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=64),
        search=SearchOptions(beam_size=2, max_length=6),
        weights=Model("mobilenet_v3_small", config).state_dict(),
    )


@pytest.fixture(scope="session")
def checkpoint_path(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    checkpoint.save(path)
    return path
