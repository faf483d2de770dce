"""A student's encoder drawn towards a teacher's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import colour_network
from torch import Tensor

from captioning.card import Card
from captioning.catalogue import UnknownModelError
from captioning.checkpoint import Checkpoint, CheckpointError, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.config import ConfigError, Phase, TrainConfig
from training.curve import read_curve
from training.distillation import ModelTeacher, NetworkTeacher
from training.objectives import CrossEntropy, Imitation, Objective
from training.objectives.cross_entropy import CrossEntropyLoss
from training.photo_sources import Seen
from training.prepared import Split
from training.run_facts import load_facts
from training.train import Trainer

CPU = torch.device("cpu")

CONFIG = TrainConfig(
    model="resnet34-lstm",
    encoder="mobilenet_v3_small",
    decoder={"kind": "lstm", "embedding_size": 8, "hidden_size": 8, "layers": 1},
    phases=(Phase(epochs=1, decoder_lr=1e-2, encoder_lr=1e-3, images_per_batch=6),),
    image_size=32,
)


def taught(objective: Objective, **changes: Any) -> TrainConfig:
    phase = replace(CONFIG.phases[0], objective=objective, **changes)
    return replace(CONFIG, phases=(phase,))


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
    shown = ModelTeacher(str(teacher), 12, CPU)
    assert set(shown.state_dict()) == {"map.weight", "map.bias"}
    assert shown.map.weight.shape == (576, 12)
    assert len(list(shown.parameters())) == 2


def test_the_loss_is_zero_for_the_teachers_features_and_one_for_none(teacher: Path) -> None:
    shown = ModelTeacher(str(teacher), 576, CPU)
    seen = shown.look(torch.rand(3, 3, 80, 80, generator=torch.Generator().manual_seed(0)))
    assert seen.shape == (3, 4, 576)  # at the teacher's own 64 pixels
    alike = seen.mean(1, keepdim=True).expand(3, 4, 576)
    wanted = (alike - alike.mean(2, keepdim=True)) / alike.std(2, False, keepdim=True)
    with torch.no_grad():
        torch.nn.init.eye_(shown.map.weight)
        torch.nn.init.zeros_(shown.map.bias)
        assert float(shown.imitation(alike, wanted)) == pytest.approx(0, abs=1e-3)
        assert float(shown.imitation(seen, torch.zeros(3, 4, 576))) == pytest.approx(1, abs=1e-2)


def test_a_coarser_students_cells_imitate_what_the_teacher_sees_there(teacher: Path) -> None:
    shown = ModelTeacher(str(teacher), 576, CPU)
    seen = torch.zeros(1, 16, 576)
    seen[0, [0, 1, 4, 5]] = torch.linspace(-1, 1, 576)  # the upper left quarter
    quarters = torch.zeros(1, 4, 576)
    quarters[0, 0] = 1.732 * torch.linspace(-1, 1, 576)  # of variance 1
    with torch.no_grad():
        torch.nn.init.eye_(shown.map.weight)
        torch.nn.init.zeros_(shown.map.bias)
        elsewhere = float(shown.imitation(seen, quarters.flip(1)))
        assert float(shown.imitation(seen, quarters)) < elsewhere - 0.2


def test_the_student_learns_and_the_teacher_does_not(teacher: Path) -> None:
    torch.manual_seed(0)
    shown = ModelTeacher(str(teacher), 6, CPU).train()
    features = torch.rand(2, 4, 6, requires_grad=True)
    shown.imitation(shown.look(torch.rand(2, 3, 64, 64)), features).backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
    model = shown._teacher[0]
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_teachers_words_are_learned_in_the_annotators_place(teacher: Path) -> None:
    shown = ModelTeacher(str(teacher), 6, CPU)
    student = Checkpoint.load(teacher).build()
    seen = Seen(torch.rand(1, 4, 576), torch.rand(1, 3, 64, 64))

    def loss(share: float, seen: Seen) -> Tensor:
        options = CrossEntropy(0.0, teacher="x" if share else None, distillation=share)
        view = shown.view(None, Path()) if share else None
        objective = CrossEntropyLoss([[[4, 4]]], options, shown if share else None, view)
        return objective(student, seen, [0], [0])[0]

    annotators, both, teachers = (float(loss(share, seen).detach()) for share in (0.0, 0.25, 1.0))
    assert both == pytest.approx(0.75 * annotators + 0.25 * teachers, rel=1e-5)

    # Nothing is left to learn for a student that already says what the teacher says.
    photos = seen.required_photos()
    loss(1.0, Seen(shown.look(photos), photos)).backward()
    assert student.decoder.bias.grad is not None
    assert student.decoder.bias.grad.abs().max() < 1e-6


def test_a_teacher_with_other_words_can_only_be_imitated(
    teacher: Path, prepared: Path, tmp_path: Path
) -> None:
    config = taught(CrossEntropy(teacher=str(teacher), distillation=0.5))
    with pytest.raises(ConfigError, match="knows other words than the dataset"):
        Trainer(config, prepared, tmp_path)


def test_a_phase_without_captions_trains_the_encoder_alone(
    teacher: Path, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    config = taught(Imitation(str(teacher)), epochs=3, train_batch_norm=True)
    trainer = Trainer(config, prepared, tmp_path, encoder_weights)
    encoder, decoder = (
        {name: value.clone() for name, value in part.state_dict().items()}
        for part in (trainer.model.encoder, trainer.model.decoder)
    )
    trainer.fit()
    assert all(
        torch.equal(v, decoder[name]) for name, v in trainer.model.decoder.named_parameters()
    )
    changed = [
        not torch.equal(v, encoder[name]) for name, v in trainer.model.encoder.named_parameters()
    ]
    assert all(changed)
    losses = [float(row["loss"]) for row in read_curve(tmp_path / "curve.csv")]
    assert losses[-1] < losses[0]
    assert not (tmp_path / "best.safetensors").exists()


def test_an_imitating_training_resumes_with_its_map(
    teacher: Path, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    config = taught(CrossEntropy(teacher=str(teacher), imitation=1.0))
    trainer = Trainer(config, prepared, tmp_path, encoder_weights)
    before = trainer.teachers[str(teacher)].map.weight.clone()
    trainer.fit()
    trained = trainer.teachers[str(teacher)].map.weight
    assert not torch.equal(trained, before)
    resumed = Trainer(config, prepared, tmp_path)
    assert torch.equal(resumed.teachers[str(teacher)].map.weight, trained)
    best = Checkpoint.load(tmp_path / "best.safetensors")
    assert not any("map" in name or "teacher" in name for name in best.weights)
    with pytest.raises(UnknownModelError, match="nor a checkpoint file"):
        Trainer(taught(Imitation(str(tmp_path / "gone.safetensors"))), prepared, tmp_path)


def test_phases_may_have_teachers_of_their_own(
    teacher: Path, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(teacher.read_bytes())
    phases = tuple(
        replace(CONFIG.phases[0], objective=Imitation(str(path))) for path in (teacher, other)
    )
    config = replace(CONFIG, phases=phases)
    Trainer(config, prepared, tmp_path / "run", encoder_weights).fit()
    resumed = Trainer(config, prepared, tmp_path / "run").teachers
    maps = [resumed[str(path)].map.weight for path in (teacher, other)]
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    saved = [state[name]["map.weight"] for name in ("teacher", "teacher 2")]
    assert not torch.equal(*maps)
    assert all(torch.equal(*pair) for pair in zip(maps, saved, strict=True))


@pytest.fixture
def colours(tmp_path: Path) -> str:
    return str(colour_network(tmp_path / "colours.xml"))


def test_a_network_is_imitated_by_the_photo_as_a_whole(colours: str, tmp_path: Path) -> None:
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    pixels[[0, 1, 2], ..., [0, 1, 2]] = 255  # red, green and blue
    photos = Split(["a", "b", "c"], [[]] * 3, pixels)
    shown = NetworkTeacher(Path(colours), 3, CPU)
    assert set(shown.state_dict()) == {"map.weight", "map.bias"}
    seen = shown.view(photos, tmp_path)(Seen(torch.empty(2, 4, 3)), [2, 0])
    torch.testing.assert_close(seen, torch.eye(3)[[2, 0]].unsqueeze(1), atol=1e-2, rtol=0)
    with torch.no_grad():
        torch.nn.init.eye_(shown.map.weight)
        torch.nn.init.zeros_(shown.map.bias)
    wanted = (torch.eye(3) - 1 / 3)[[2, 0]] / (2 / 9) ** 0.5
    cells = torch.stack([2 * wanted, 0 * wanted], 1)  # right in the mean of the cells
    assert float(shown.imitation(seen, cells).detach()) == pytest.approx(0, abs=1e-3)
    assert float(shown.imitation(seen, 0 * cells).detach()) == pytest.approx(1, abs=1e-2)


def test_a_training_imitates_a_network_and_resumes_with_its_map(
    colours: str, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    config = taught(CrossEntropy(teacher=colours, imitation=1.0))
    trainer = Trainer(config, prepared, tmp_path / "run", encoder_weights)
    before = trainer.teachers[colours].map.weight.clone()
    trainer.fit()
    trained = trainer.teachers[colours].map.weight
    assert not torch.equal(trained, before)
    assert torch.equal(
        Trainer(config, prepared, tmp_path / "run").teachers[colours].map.weight, trained
    )
    facts = load_facts(tmp_path / "run" / "run.json")
    assert facts is not None
    assert facts.teachers(2) == ["colours"]


def test_a_network_says_no_words_and_sees_no_blends(
    colours: str, prepared: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="says no words: it can only be imitated"):
        Trainer(taught(CrossEntropy(teacher=colours, distillation=0.5)), prepared, tmp_path)
    with pytest.raises(CheckpointError, match="not a readable"):
        Trainer(taught(Imitation(colours)), prepared, tmp_path)
