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
from training.config import ConfigError, Phase, TrainConfig, Words
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("start", ["red", "circle", "unicorn"]),
        ("prepared", ["blue", "red"]),
        ("both", ["red", "circle", "unicorn", "blue"]),
    ],
)
def test_words_that_stay_are_kept_wherever_they_stand(
    finished: Path, words: Words, expected: list[str]
) -> None:
    torch.manual_seed(0)
    config = replace(CONFIG, start=str(finished), words=words)
    start = starting_model(config, Vocabulary(["blue", "red"]))
    old, new = Checkpoint.load(finished), start.model.eval()
    assert list(start.vocabulary.words[4:]) == expected

    kept = [word for word in start.vocabulary.words if word in old.vocabulary.words]
    rows, old_rows = (
        [vocabulary.words.index(word) for word in kept]
        for vocabulary in (start.vocabulary, old.vocabulary)
    )
    features, tokens = torch.rand(2, 1, 576), torch.tensor([[rows[0]], [rows[-1]]])
    logits, _, _ = new.decoder.step(tokens[:, 0], new.decoder.start(features))
    before = old.build().decoder
    tokens = torch.tensor([old_rows[0], old_rows[-1]])
    expected_logits, _, _ = before.step(tokens, before.start(features))
    torch.testing.assert_close(logits[:, rows], expected_logits[:, old_rows])


def test_new_words_are_less_likely_than_any_known_one(finished: Path) -> None:
    config = replace(CONFIG, start=str(finished), words="both")
    start = starting_model(config, Vocabulary([f"new{number}" for number in range(40)]))
    bias = start.model.decoder.bias
    assert isinstance(bias, torch.Tensor)
    assert bias[7:].max() < bias[:7].min()
    vectors = start.model.decoder.embedding.weight
    assert len(vectors.unique(dim=0)) == len(vectors)  # not one like another


def test_a_run_that_learns_words_resumes_with_them(
    finished: Path, prepared: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, start=str(finished), words="both")
    Trainer(config, prepared, tmp_path).fit()
    resumed = Trainer(config, prepared, tmp_path)
    best = Checkpoint.load(tmp_path / "best.safetensors")
    assert {"unicorn", "paper"} < set(best.vocabulary.words)
    assert resumed.vocabulary == best.vocabulary
    assert resumed.progressed.phase == 1


def test_words_of_an_imported_model_stay(finished: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint.load(finished)
    sizes = DecoderConfig("seed-attention", 7, 576, 8, 8, 1, 8)
    weights = Model("mobilenet_v3_small", sizes).state_dict()
    path = tmp_path / "seed.safetensors"
    replace(checkpoint, decoder_config=sizes, weights=weights).save(path)
    with pytest.raises(ConfigError, match="keeps its words: an imported decoder"):
        starting_model(replace(CONFIG, start=str(path), words="both"), Vocabulary(["blue"]))


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
