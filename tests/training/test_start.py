"""Trainings that go on from a finished model."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from captioning.card import Card
from captioning.checkpoint import Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.encoders import Encoder
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.config import ConfigError, Phase, TrainConfig
from training.start import starting_model
from training.train import Trainer

CONFIG = TrainConfig(
    model="mobilenet-attention",
    encoder="mobilenet_v3_small",
    decoder={"dropout": 0.25},
    phases=(Phase(epochs=1, decoder_lr=1e-3, images_per_batch=6),),
    image_size=32,
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    vocabulary = Vocabulary(["red", "circle", "unicorn"])
    sizes = DecoderConfig("attention", len(vocabulary), 576, 8, 8, 1, 8)
    path = tmp_path_factory.mktemp("finished") / "finished.safetensors"
    Checkpoint(
        card=Card(model="mobilenet-attention", version="1", steps=100),
        encoder_name="mobilenet_v3_small",
        decoder_config=sizes,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=32),
        search=SearchOptions(),
        weights=Model("mobilenet_v3_small", sizes).state_dict(),
    ).save(path)
    return path


def test_it_begins_with_the_finished_models_weights_words_and_sizes(
    finished: Path, prepared: Path, tmp_path: Path
) -> None:
    trainer = Trainer(replace(CONFIG, start=str(finished)), prepared, tmp_path)
    expected = Checkpoint.load(finished).weights
    for module in (trainer.model, trainer.average.module):
        found = module.state_dict()
        assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    assert trainer.model.decoder.config.dropout == 0.25
    trainer.fit()
    best = Checkpoint.load(tmp_path / "best.safetensors")
    assert "unicorn" in best.vocabulary.words
    assert best.card.steps == 100 + 2  # twelve photos, six a step


def test_another_encoder_or_decoder_is_refused(finished: Path) -> None:
    words = Vocabulary(["red"])
    with pytest.raises(ConfigError, match="has the encoder mobilenet_v3_small, not resnet34"):
        starting_model(replace(CONFIG, start=str(finished), encoder="resnet34"), words)
    other = replace(CONFIG, start=str(finished), decoder={"hidden_size": 9})
    with pytest.raises(ConfigError, match="another decoder than"):
        starting_model(other, words)


def test_the_encoder_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    build = Encoder.__init__

    def counted(self: Encoder, name: str) -> None:
        built.append(name)
        build(self, name)

    monkeypatch.setattr(Encoder, "__init__", counted)
    starting_model(replace(CONFIG, decoder={"kind": "attention"}), Vocabulary(["red"]))
    assert built == ["mobilenet_v3_small"]
