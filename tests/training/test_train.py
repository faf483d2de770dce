"""Real trainings, small enough to run in seconds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import CliRunner

from captioning import captioner_of
from captioning.checkpoint import Checkpoint
from captioning.decoders import Decoder
from captioning.encoders import Encoder
from captioning.images import Preprocessing
from captioning.vocabulary import Vocabulary
from training import evaluate as evaluating
from training import publish as publishing
from training.__main__ import app
from training.config import Phase, TrainConfig
from training.curve import read_curve
from training.datasets import load_dataset
from training.evaluate import Evaluation, Evaluations, evaluate_captioner
from training.objectives import CrossEntropy, SelfCritical
from training.prepared import Split, load_split, load_vocabulary
from training.publish import PublishError, publish
from training.run_facts import load_facts
from training.train import Trainer

SHARP = CrossEntropy(label_smoothing=0.0)
CONFIG = TrainConfig(
    model="mobilenet-attention",
    encoder="mobilenet_v3_small",
    decoder={
        "kind": "attention",
        "embedding_size": 24,
        "hidden_size": 32,
        "attention_size": 16,
        "dropout": 0.0,
    },
    image_size=64,
    average_decay=0.9,
    phases=(
        Phase(30, 2e-2, 0.0, SHARP, images_per_batch=6, warmup_steps=5, patience=30),
        Phase(1, 1e-3, 1e-4, SHARP, images_per_batch=6, warmup_steps=1),
        Phase(3, 1e-3, 0.0, SelfCritical(samples=4), images_per_batch=6, warmup_steps=1),
    ),
)


@pytest.fixture(scope="module")
def run(prepared: Path, encoder_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    Trainer(CONFIG, prepared, folder, encoder_weights).fit()
    return folder


def test_prepared_data_is_the_dataset(prepared: Path, flickr8k: Path) -> None:
    split = load_split(prepared, "train")
    assert split.pixels.shape == (12, 224, 224, 3)
    assert split.names == [record.name for record in load_dataset(flickr8k, "train")]
    red, blue = (split.names.index(f"{colour}_square_0.jpg") for colour in ("red", "blue"))
    assert split.pixels[red, 100, 100].argmax() == 0
    assert split.pixels[blue, 100, 100].argmax() == 2
    assert set(load_vocabulary(prepared).words[4:]) == set(
        "a there is on white paper red green blue circle square".split()
    )


def test_training_lowers_the_loss_and_captions_end(run: Path) -> None:
    rows = read_curve(run / "curve.csv")
    assert [row["phase"] for row in rows] == ["1"] * 30 + ["2"] + ["3"] * 3
    assert float(rows[29]["loss"]) < 0.5 * float(rows[0]["loss"])
    assert float(rows[-1]["dev_ended"]) == 1.0


def test_the_second_phase_trains_the_encoder(run: Path, encoder_weights: Path) -> None:
    state = torch.load(run / "state.pt", weights_only=True)["model"]
    start = Encoder("mobilenet_v3_small")
    start.load_backbone(load_file(encoder_weights))
    unchanged = [
        name
        for name, parameter in start.named_parameters()
        if torch.equal(parameter, state[f"encoder.{name}"])
    ]
    assert unchanged == []


def test_the_last_epoch_has_a_checkpoint_too(run: Path) -> None:
    last, best = (Checkpoint.load(run / f"{name}.safetensors") for name in ("last", "best"))
    assert last.card.steps == int(read_curve(run / "curve.csv")[-1]["step"])
    assert last.card.steps >= best.card.steps


def test_published_files_are_small_and_caption_alike(
    run: Path, prepared: Path, flickr8k: Path, tmp_path: Path
) -> None:
    path = publish(run, prepared, tmp_path, version="1.2.3", notes="A note.")
    assert path.stat().st_size < 0.4 * (run / "best.safetensors").stat().st_size
    checkpoint = Checkpoint.load(path)
    assert checkpoint.card.version == "1.2.3"
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert f"| cider | {checkpoint.card.scores['cider']} |" in card
    assert "A note." in card
    facts = load_facts(run / "run.json")
    assert facts is not None
    assert [phase.train_from for phase in facts.phases] == [None, 0, None]
    assert f"torchvision `mobilenet_v3_small`, {facts.encoder(checkpoint.card.steps)} |" in card
    assert "| trained on | the train split of Flickr8k (12 photos, 24 captions), " in card
    assert "different words" in card
    assert ("mirror image" in card) == checkpoint.preprocessing.both_sides
    evaluation = evaluate_captioner(
        captioner_of(checkpoint, engine="torch"), load_dataset(flickr8k, "dev")
    )
    # Photos are decoded from JPEG again, through another resampler: close, not equal.
    assert evaluation.scores.cider == pytest.approx(checkpoint.card.scores["cider"], abs=60)
    assert sorted(tmp_path.iterdir()) == sorted([path, path.with_suffix(".md")])


@pytest.mark.parametrize("better", [False, True])
def test_both_sides_are_published_where_they_do_better(
    run: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, better: bool
) -> None:
    encode, evaluate = evaluating.encode_split, evaluating.evaluate_decoder

    def encoded(encoder: Encoder, split: Split, preprocessing: Preprocessing) -> Tensor:
        features = encode(encoder, split, preprocessing)
        return features if preprocessing.both_sides == better else torch.zeros_like(features)

    def evaluated(
        decoder: Decoder, vocabulary: Vocabulary, features: Tensor, *rest: Any
    ) -> Evaluation:
        # This small a model says the same whatever it sees.
        found = evaluate(decoder, vocabulary, features, *rest)
        return found if features.any() else replace(found, scores=replace(found.scores, cider=0.0))

    monkeypatch.setattr(evaluating, "encode_split", encoded)
    monkeypatch.setattr(evaluating, "evaluate_decoder", evaluated)
    path = publish(run, prepared, tmp_path, version="1")
    assert Checkpoint.load(path).preprocessing.both_sides == better


def test_published_files_know_how_rare_words_are_and_can_favour_them(
    run: Path, prepared: Path, tmp_path: Path
) -> None:
    path = publish(run, prepared, tmp_path, version="1", logit_adjustment=0.3)
    checkpoint = Checkpoint.load(path)
    words = " ".join(" ".join(own) for own in load_split(prepared, "train").captions).split()
    counts = dict(zip(checkpoint.vocabulary.words[4:], checkpoint.vocabulary.counts, strict=True))
    assert counts["circle"] == words.count("circle") > 0
    assert checkpoint.search.logit_adjustment == 0.3
    assert "logit adjustment 0.3" in path.with_suffix(".md").read_text(encoding="utf-8")


def test_an_encoder_that_suffers_from_quantising_is_not_quantised(
    run: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = publishing._evaluate

    def rounded_is_worse(checkpoint: Checkpoint, *rest: Any) -> Evaluations:
        found = evaluate(checkpoint, *rest)
        weights = checkpoint.weights["encoder.trunk.0.0.weight"]
        if torch.equal(weights, weights.half().float()):  # kept in fp16
            return found
        return Evaluations(
            {
                name: replace(one, scores=replace(one.scores, cider=0.0))
                for name, one in found.by_dataset.items()
            }
        )

    monkeypatch.setattr(publishing, "_evaluate", rounded_is_worse)
    path = publish(run, prepared, tmp_path, version="1")
    scales = {name.split(".")[0] for name in load_file(path) if name.endswith(":scale")}
    assert scales == {"decoder"}
    assert "decoder in int8" in path.with_suffix(".md").read_text(encoding="utf-8")


def test_a_worse_small_file_is_not_published(
    run: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.publish.MOST_LOST_CIDER", -1000.0)
    with pytest.raises(PublishError, match="costs"):
        publish(run, prepared, tmp_path, version="1")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_named_after_its_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several configurations of one model would otherwise go on with each other's runs."""
    folders: list[Path] = []

    class Recorder:
        def __init__(self, settings: TrainConfig, prepared: Path, run: Path, weights: None) -> None:
            folders.append(run)

        def fit(self) -> None:
            pass

    monkeypatch.setattr("training.train.Trainer", Recorder)
    configs = Path(__file__).parents[2] / "training" / "configs"
    names = ("mobilenet-attention", "mobilenet-attention-2", "everyday/mobilenet-attention")
    for name in names:
        result = CliRunner().invoke(app, ["train", str(configs / f"{name}.toml")])
        assert result.exit_code == 0, result.output
    assert folders == [
        Path("runs/mobilenet-attention"),
        Path("runs/mobilenet-attention-2"),
        Path("runs/everyday-mobilenet-attention"),
    ]
