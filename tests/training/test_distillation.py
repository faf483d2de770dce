"""A student's encoder drawn towards a teacher's."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from captioning.card import Card
from captioning.catalogue import UnknownModelError
from captioning.checkpoint import Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.config import ConfigError, Phase, TrainConfig
from training.distillation import FeatureTeacher
from training.train import Trainer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose encoder has random weights and, as a trained one, lively features."""
    torch.manual_seed(1)
    vocabulary = Vocabulary(["red"])
    model = Model("mobilenet_v3_small", DecoderConfig("lstm", len(vocabulary), 576, 8, 8, 1))
    for module in model.encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # statistics of all that was seen
    model.encoder.train()(torch.rand(8, 3, 64, 64))
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    Checkpoint(
        card=Card(model="teacher", version="1"),
        encoder_name="mobilenet_v3_small",
        decoder_config=model.decoder.config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=64),
        search=SearchOptions(),
        weights=model.state_dict(),
    ).save(path)
    return path


def test_only_the_map_is_trained_and_saved(teacher: Path) -> None:
    imitation = FeatureTeacher(str(teacher), 12, CPU)
    assert set(imitation.state_dict()) == {"map.weight", "map.bias"}
    assert imitation.map.weight.shape == (576, 12)
    assert len(list(imitation.parameters())) == 2


def test_the_loss_is_zero_for_the_teachers_features_and_one_for_none(teacher: Path) -> None:
    imitation = FeatureTeacher(str(teacher), 576, CPU)
    photos = torch.rand(3, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    encoder = Checkpoint.load(teacher).build().encoder
    small = torch.nn.functional.interpolate(
        photos, (64, 64), mode="bicubic", align_corners=False, antialias=True
    )
    with torch.no_grad():
        wanted = encoder(small).mean(1)
        wanted = (wanted - wanted.mean(1, keepdim=True)) / wanted.std(1, False, keepdim=True)
        torch.nn.init.eye_(imitation.map.weight)
        torch.nn.init.zeros_(imitation.map.bias)
        features = wanted.unsqueeze(1).repeat(1, 4, 1)  # (B, P, C)
        assert float(imitation(photos, features)) == pytest.approx(0, abs=1e-3)
        assert float(imitation(photos, torch.zeros_like(features))) == pytest.approx(1, abs=1e-2)


def test_the_student_learns_and_the_teacher_does_not(teacher: Path) -> None:
    torch.manual_seed(0)
    imitation = FeatureTeacher(str(teacher), 6, CPU).train()
    photos, features = torch.rand(2, 3, 64, 64), torch.rand(2, 4, 6, requires_grad=True)
    imitation(photos, features).backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
    encoder = imitation._teacher[0]
    assert not encoder.training
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_an_imitating_training_resumes_with_its_map(
    teacher: Path, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    phase = Phase(epochs=1, decoder_lr=1e-2, encoder_lr=1e-3, imitation=1.0, images_per_batch=6)
    config = TrainConfig(
        model="resnet34-lstm",
        encoder="mobilenet_v3_small",
        decoder={"kind": "lstm", "embedding_size": 8, "hidden_size": 8, "layers": 1},
        phases=(phase,),
        image_size=32,
        teacher=str(teacher),
    )
    trainer = Trainer(config, prepared, tmp_path, encoder_weights)
    assert trainer.teacher is not None
    before = trainer.teacher.map.weight.clone()
    trainer.fit()
    trained = trainer.teacher.map.weight
    assert not torch.equal(trained, before)
    resumed = Trainer(config, prepared, tmp_path)
    assert resumed.teacher is not None
    assert torch.equal(resumed.teacher.map.weight, trained)
    best = Checkpoint.load(tmp_path / "best.safetensors")
    assert not any("map" in name or "teacher" in name for name in best.weights)
    with pytest.raises(UnknownModelError, match="nor a checkpoint file"):
        Trainer(replace(config, teacher=str(tmp_path / "gone.safetensors")), prepared, tmp_path)


def test_imitation_needs_a_teacher_and_a_trained_encoder() -> None:
    with pytest.raises(ConfigError, match="encoder_lr above 0"):
        Phase(epochs=1, decoder_lr=1e-3, imitation=1.0)
    phase = Phase(epochs=1, decoder_lr=1e-3, encoder_lr=1e-3, imitation=1.0)
    with pytest.raises(ConfigError, match="needs a teacher"):
        TrainConfig("resnet34-lstm", "resnet34", {"kind": "lstm"}, (phase,))
