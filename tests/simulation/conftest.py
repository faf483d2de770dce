"""Drawn photos in two layouts' places, and a model that knows a little of them."""

from pathlib import Path

import pytest
import torch
from feedback_exports import photo

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from simulation.photos import write_dataset
from training.datasets import Record

SAID = (
    "A brown dog runs on the beach.",
    "A dog runs near the sea.",
    "The dog is running on sand.",
    "A dog on the beach.",
    "A brown dog runs.",
)


def records(folder: Path, count: int, first: int = 0) -> list[Record]:
    folder.mkdir(parents=True)
    made = []
    for number in range(first, first + count):
        path = folder / f"{number}.jpg"
        path.write_bytes(photo(number, size=(64, 48)))
        made.append(Record(path.name, path, SAID))
    return made


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    photos = records(tmp_path / "spoken-photos", 80)
    return write_dataset({"train": photos[:72], "dev": photos[72:]}, tmp_path / "spoken")


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return write_dataset({"dev": records(tmp_path / "guard-photos", 4, 100)}, tmp_path / "guard")


@pytest.fixture
def start(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    vocabulary = Vocabulary("a the dog cat brown runs sits on beach near sea".split())
    config = DecoderConfig("attention", len(vocabulary), 576, 24, 32, 1, 16)
    path = tmp_path / "start.safetensors"
    Checkpoint(
        card=Card("mobilenet-attention", "7"),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=32),
        search=SearchOptions(beam_size=2, max_length=8),
        weights=Model("mobilenet_v3_small", config).state_dict(),
    ).save(path)
    return path
