"""Each configuration trains: all its phases, on a few tiny photos, as the docs say."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from dataset_layouts import flickr8k, karpathy_coco, photo, write_json
from networks import colour_network
from safetensors.torch import save_file

from captioning.checkpoint import Checkpoint
from captioning.torchvision_compat import torchvision
from training.config import ConfigError, Phase, TrainConfig, load_config
from training.curve import read_curve
from training.objectives import CrossEntropy
from training.pairing.pair import pair
from training.prepare import prepare
from training.train import Trainer

CONFIGS = Path(__file__).parents[2] / "training" / "configs"


def small(config: TrainConfig, teacher: Path) -> TrainConfig:
    """The same training with an epoch a phase and photos of 64 pixels."""

    def of(phase: Phase) -> Phase:
        objective = phase.objective
        if isinstance(objective, CrossEntropy) and objective.teacher:
            objective = replace(objective, teacher=str(teacher))
        size = phase.image_size and 32
        return replace(phase, epochs=1, image_size=size, images_per_batch=3, objective=objective)

    return replace(config, image_size=64, phases=tuple(map(of, config.phases)))


def everyday(root: Path) -> Path:
    """Flickr8k and a part of COCO, some photos of which have no captions."""
    flickr8k(root / "flickr8k")
    entries = []
    for number in range(4):
        photo(root / "coco" / f"{number}.jpg")
        if number < 2:
            split = ("train", "dev")[number]
            entries.append({"image": f"{number}.jpg", "captions": ["A red barn."], "split": split})
    write_json(root / "coco" / "captions.json", entries)
    texts = root / "texts.gz"
    texts.write_bytes(
        gzip.compress(b"A red barn by a lake.\nA red wall.\nThe red door of a barn.\n")
    )
    out = root / "prepared"
    prepare([root / "flickr8k", root / "coco"], out, min_count=1, texts=texts, min_text_count=1)
    pair(out, texts, colour_network(root / "colours.xml"), datasets=["coco"], min_count=1)
    return out


@pytest.mark.parametrize("name", ["mobilenet-attention", "resnet34-lstm"])
def test_everyday(name: str, tmp_path: Path) -> None:
    prepared = everyday(tmp_path)
    seen = sorted((prepared / "features").glob("*.features"))
    config = small(load_config(CONFIGS / "everyday" / f"{name}.toml"), tmp_path / "colours.xml")
    Trainer(config, prepared, tmp_path / "run").fit()
    # What the teacher saw when photos were paired serves again.
    assert sorted((prepared / "features").glob("*.features")) == seen
    # Flickr8k's photo, COCO's twice, and the two without captions: three a step.
    (row,) = read_curve(tmp_path / "run" / "curve.csv")
    start = Checkpoint.load(CONFIGS.parents[1] / "captioning" / "weights" / f"{name}.safetensors")
    assert int(row["step"]) == start.card.steps + 2
    best = Checkpoint.load(tmp_path / "run" / "best.safetensors")
    assert {"red", "lake", "door"} < set(best.vocabulary.words)
    assert "dog" not in best.vocabulary.words
    assert "3 photos with few captions or none, to each of which 8" in best.card.training_data


@pytest.mark.parametrize("name", ["mobilenet-attention", "resnet34-lstm"])
def test_coco(name: str, tmp_path: Path) -> None:
    karpathy_coco(tmp_path / "coco")
    prepare([tmp_path / "coco"], tmp_path / "prepared", min_count=1)
    config = small(load_config(CONFIGS / "coco" / f"{name}.toml"), tmp_path)
    torch.manual_seed(0)
    classifier = torchvision.models.get_model(config.encoder)
    save_file(classifier.state_dict(), tmp_path / "encoder.safetensors")
    Trainer(config, tmp_path / "prepared", tmp_path / "run", tmp_path / "encoder.safetensors").fit()
    rows = read_curve(tmp_path / "run" / "curve.csv")
    assert [row["phase"] for row in rows] == ["1", "2", "3"]
    assert (tmp_path / "run" / "best.safetensors").is_file()


def test_learning_pseudo_captions_needs_some(tmp_path: Path) -> None:
    prepared = everyday(tmp_path)
    for path in prepared.glob("*.pseudo.json"):
        path.unlink()
    config = small(
        load_config(CONFIGS / "everyday" / "mobilenet-attention.toml"), tmp_path / "colours.xml"
    )
    with pytest.raises(ConfigError, match="run 'caption-train pair' on it first"):
        Trainer(config, prepared, tmp_path / "run")
    objective = CrossEntropy(repeat={"sbu": 2})
    config = replace(config, phases=(replace(config.phases[0], objective=objective),))
    with pytest.raises(
        ConfigError, match="repeat names sbu, but the prepared datasets are coco, fl"
    ):
        Trainer(config, prepared, tmp_path / "run")
