"""The benchmark's other way of training is slower, but trains the same."""

from pathlib import Path
from shutil import copytree

import pytest
import torch

from captioning.checkpoint import Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from training.batches import normalised
from training.benchmark import Comparison, Cost, benchmark
from training.config import ConfigError
from training.datasets import DatasetError
from training.objectives import CrossEntropy
from training.objectives.cross_entropy import CrossEntropyLoss
from training.photo_sources import Seen
from training.prepare import STORED_SIZE
from training.prepared import Split, load_split, load_vocabulary
from training.tutorial import TutorialTraining

CPU = torch.device("cpu")


def files(flickr8k: Path, split: Split) -> list[Path]:
    return [flickr8k / "Flicker8k_Dataset" / name for name in split.names]


@pytest.mark.parametrize("kind", ["attention", "lstm"])
def test_both_ways_have_the_same_loss(kind: str, flickr8k: Path, prepared: Path) -> None:
    """Captions of unequal lengths: padding weighs nothing in either."""
    torch.manual_seed(0)
    split, vocabulary = load_split(prepared, "train"), load_vocabulary(prepared)
    captions = [[vocabulary.encode(text) for text in texts] for texts in split.captions]
    config = DecoderConfig(kind, len(vocabulary), 576, 12, 16, 2, 8, dropout=0.0)
    model = Model("mobilenet_v3_small", config).eval()
    preprocessing = Preprocessing(size=STORED_SIZE)
    photos = files(flickr8k, split)
    tutorial = TutorialTraining(model, photos, captions, preprocessing, CPU, fine_tune=True)
    rows = [0, 3, 7]
    items = [(row, number) for row in rows for number in range(len(captions[row]))]
    theirs = tutorial.loss(items)

    features = model.encoder(normalised(split.pixels[rows], preprocessing))
    objective = CrossEntropyLoss(captions, CrossEntropy(label_smoothing=0.0))
    ours, _ = objective(model, Seen(features), rows, rows)
    assert float(theirs.detach()) == pytest.approx(float(ours.detach()), rel=1e-4)
    before = tutorial.step(items)
    for _ in range(5):
        after = tutorial.step(items)
    assert after < before


def test_a_frozen_encoder_stays_as_it_is(flickr8k: Path, prepared: Path) -> None:
    split, vocabulary = load_split(prepared, "train"), load_vocabulary(prepared)
    captions = [[vocabulary.encode(text) for text in texts] for texts in split.captions]
    config = DecoderConfig("attention", len(vocabulary), 576, 12, 16, 1, 8)
    model = Model("mobilenet_v3_small", config)
    preprocessing = Preprocessing(size=32)
    photos = files(flickr8k, split)
    tutorial = TutorialTraining(model, photos, captions, preprocessing, CPU, fine_tune=False)
    tutorial.step([(0, 0), (1, 1)])
    start = model.encoder.state_dict()
    assert all(
        torch.equal(value, start[name])
        for name, value in tutorial.model.encoder.state_dict().items()
    )
    assert not torch.equal(tutorial.model.decoder.bias, model.decoder.bias)


def test_a_dataset_of_other_photos_is_refused(
    flickr8k: Path, prepared: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "prepared"
    copytree(prepared, copy)
    listing = copy / "train.json"
    listing.write_text(listing.read_text().replace("blue_circle_0.jpg", "another.jpg"))
    with pytest.raises(DatasetError, match=r"lacks the prepared photo another\.jpg"):
        benchmark(copy, [flickr8k], steps=1)


def test_each_kind_of_epoch_is_measured_and_told(
    flickr8k: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = benchmark(prepared, [flickr8k], steps=1, precision="fp32")
    assert [(one.model, one.kind) for one in compared] == [
        ("mobilenet-attention", "cached features"),
        ("mobilenet-attention", "fine-tuning"),
        ("resnet34-lstm", "fine-tuning"),
    ]
    for one in compared:
        assert one.ours.captions > 0
        assert one.tutorials.captions > 0
        assert one.times_faster > 0
    printed = capsys.readouterr().out
    assert "An epoch of 24 captions, extrapolated from 1 turns of each" in " ".join(printed.split())
    assert "ours in fp32" in " ".join(printed.split())
    with pytest.raises(ConfigError, match="precision must be one of auto, fp32, bf16"):
        benchmark(prepared, [flickr8k], steps=1, precision="fp8")


def test_ratios_are_per_caption() -> None:
    compared = Comparison("m", "k", Cost(160, 2.0, 1.0), Cost(32, 4.0, 4.0))
    assert compared.times_faster == pytest.approx(10)
    assert compared.times_less_work == pytest.approx(20)
