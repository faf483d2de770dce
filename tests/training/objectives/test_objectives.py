"""A new kind of objective is one class and its entry: nothing else in training knows the kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from captioning.checkpoint import Model
from training.batches import shift
from training.config import TrainConfig, load_config
from training.curve import read_curve
from training.distillation import ModelTeacher, Teacher
from training.objectives import OBJECTIVES, Imitation, Loss, Materials, Objective
from training.objectives.cross_entropy_sum import cross_entropy_sum
from training.photo_sources import Seen
from training.run_facts import load_facts
from training.train import Trainer


@dataclass(frozen=True, slots=True)
class TextAlone(Objective):
    """The decoder learns to write, of no photo."""

    kind: ClassVar[str] = "text-alone"
    teaches_captions: ClassVar[bool] = False

    texts: Sequence[str]

    @property
    def splits(self) -> tuple[str, ...]:
        return ()

    def loss(self, materials: Materials) -> Loss:
        return TextLoss([materials.vocabulary.encode(text) for text in self.texts])


class TextLoss(Loss):
    def __init__(self, words: Sequence[Sequence[int]]) -> None:
        # The first text comes twice.
        self._words, self.examples = words, [0, *range(len(words))]

    def __call__(
        self, model: Model, seen: Seen, rows: Sequence[int], step: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        assert seen.photos is None
        nothing = torch.zeros(len(rows), 1, model.decoder.config.feature_size)
        inputs, targets = shift([self._words[row] for row in rows])
        logits = model.decoder(nothing, torch.arange(len(rows)), inputs)
        loss = cross_entropy_sum(logits, targets.data) / len(step)
        return loss, loss.detach()


class Colours(ModelTeacher):
    """Sees nothing but the mean colour of a photo."""

    def __init__(self, channels: int) -> None:
        torch.nn.Module.__init__(self)
        self.title = "a palette"
        self.map = torch.nn.Linear(channels, 3)

    def look(self, photos: Tensor) -> Tensor:
        return photos.mean((2, 3)).unsqueeze(1)


@dataclass(frozen=True, slots=True)
class ColourImitation(Imitation):
    kind: ClassVar[str] = "colours"

    def load_teacher(self, name: str, channels: int, device: torch.device) -> Teacher:
        return Colours(channels)


def configured(folder: Path, kind: str, options: str) -> TrainConfig:
    path = folder / "config.toml"
    path.write_text(
        f"""
        model = "resnet34-lstm"
        encoder = "mobilenet_v3_small"
        image_size = 32
        [decoder]
        kind = "lstm"
        embedding_size = 8
        hidden_size = 8
        layers = 1
        dropout = 0.0
        [[phases]]
        epochs = 4
        decoder_lr = 5e-2
        warmup_steps = 1
        encoder_lr = 1e-3
        images_per_batch = 2
        [phases.objective]
        kind = "{kind}"
        {options}
        """
    )
    return load_config(path)


def test_an_objective_without_photos_trains_the_decoder(
    prepared: Path, encoder_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OBJECTIVES, TextAlone.kind, TextAlone)
    config = configured(tmp_path, TextAlone.kind, 'texts = ["A red circle.", "A blue square."]')
    trainer = Trainer(config, prepared, tmp_path / "run", encoder_weights)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.fit()
    after = trainer.model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("decoder.") for name in changed)
    rows = read_curve(tmp_path / "run" / "curve.csv")
    assert [row["step"] for row in rows] == ["2", "4", "6", "8"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_an_objective_may_bring_teachers_of_its_own_kind(
    prepared: Path, encoder_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OBJECTIVES, ColourImitation.kind, ColourImitation)
    config = configured(tmp_path, ColourImitation.kind, 'teacher = "palette"')
    trainer = Trainer(config, prepared, tmp_path / "run", encoder_weights)
    before = trainer.teachers["palette"].map.weight.clone()
    trainer.fit()
    learned = trainer.teachers["palette"].map.weight
    assert not torch.equal(learned, before)
    resumed = Trainer(config, prepared, tmp_path / "run").teachers["palette"]
    assert torch.equal(resumed.map.weight, learned)
    facts = load_facts(tmp_path / "run" / "run.json")
    assert facts is not None
    assert facts.teachers(1) == ["a palette"]
