"""Checkpoints that are real, and small enough to be made in a test."""

import torch

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary

WORDS = [f"word{index}" for index in range(20)]


def small_checkpoint(name: str = "mobilenet-attention") -> Checkpoint:
    """A model with attention and with weights of its own, the same at every call."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(WORDS, range(20))
    config = DecoderConfig("attention", len(vocabulary), 576, 24, 32, 1, 16)
    return Checkpoint(
        card=Card(name, "0.0.1", scores={"cider": 1.5}),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=64),
        search=SearchOptions(beam_size=2, max_length=6),
        weights=Model("mobilenet_v3_small", config).state_dict(),
    )
