"""Several datasets prepared together, and what trainings, reports and cards make of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dataset_layouts import flickr8k, own_csv, own_json, photo, write
from PIL import Image
from typer.testing import CliRunner

from captioning.checkpoint import Checkpoint
from training.__main__ import app
from training.config import Phase, TrainConfig
from training.curve import read_curve
from training.datasets import DatasetError
from training.objectives import Imitation
from training.prepare import prepare
from training.prepared import (
    joined,
    load_split,
    load_splits,
    load_vocabulary,
    sources_of,
)
from training.publish import publish
from training.train import Trainer

CONFIG = TrainConfig(
    model="mobilenet-attention",
    encoder="mobilenet_v3_small",
    decoder={"kind": "attention", "embedding_size": 8, "hidden_size": 8, "attention_size": 8},
    phases=(Phase(epochs=2, decoder_lr=1e-2, images_per_batch=2, warmup_steps=1),),
    image_size=32,
)


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two captioned datasets with photos of the same names, the second with one that has no
    captions, and one with labels only."""
    root = tmp_path_factory.mktemp("datasets")
    flickr8k(root / "first")
    own_json(root / "second")
    photo(root / "second" / "c.jpg")
    write(root / "second" / "LICENCE.txt", "CC0: do what\nyou like.\n\nMore is told below.\n")
    for name in "de":
        photo(root / "things" / "images" / f"{name}.jpg")
    write(root / "things" / "labels.tsv", "d.jpg\tyin yang\ne.jpg\t\n")
    return [root / name for name in ("first", "second", "things")]


@pytest.fixture(scope="module")
def both(roots: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "both"
    prepare(roots, out, min_count=1)
    return out


@pytest.fixture(scope="module")
def run(both: Path, encoder_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    Trainer(CONFIG, both, folder, encoder_weights).fit()
    return folder


def test_they_share_a_vocabulary_and_keep_their_dev_splits(both: Path) -> None:
    assert load_split(both, "train").names == ["first/a.jpg", "second/a.jpg"]
    assert len(load_split(both, "train").captions[1]) == 2
    assert set(load_vocabulary(both).words[4:]) == {"a", "red", "wall"}
    dev = load_splits(both, "dev")
    assert {name: split.names for name, split in dev.items()} == {
        "first": ["first/b.jpg"],
        "second": ["second/b.jpg"],
    }
    assert all(split.pixels.shape == (1, 224, 224, 3) for split in dev.values())


def test_photos_without_captions_are_a_split_of_their_own(both: Path, roots: list[Path]) -> None:
    split = load_split(both, "unlabelled")
    assert split.names == ["second/c.jpg", "things/d.jpg", "things/e.jpg"]
    assert split.captions == [[], [], []]
    labels = json.loads((both / "unlabelled.labels.json").read_text())
    assert labels == {"things/d.jpg": "yin yang"}
    assert [source.photos for source in sources_of(both)] == [
        {"train": 1, "dev": 1},
        {"train": 1, "dev": 1, "unlabelled": 1},
        {"unlabelled": 2},
    ]


def test_photos_without_captions_may_be_left_out(roots: list[Path], tmp_path: Path) -> None:
    arguments = ["prepare", *map(str, roots), "--out", str(tmp_path / "out"), "--no-unlabelled"]
    arguments += ["--min-count", "1"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    assert not list((tmp_path / "out").glob("unlabelled*"))
    with pytest.raises(DatasetError, match="no prepared unlabelled split"):
        load_split(tmp_path / "out", "unlabelled")


def test_joined_splits_are_read_as_one(both: Path) -> None:
    parts = [load_split(both, "train"), load_split(both, "unlabelled")]
    whole = joined(parts)
    expected = np.concatenate([part.pixels[:] for part in parts])
    assert whole.names == [*parts[0].names, *parts[1].names]
    assert whole.pixels.shape == expected.shape
    assert np.array_equal(whole.pixels[1:4], expected[1:4])
    assert np.array_equal(whole.pixels[np.array([4, 0, 2, 0])], expected[[4, 0, 2, 0]])


def test_datasets_that_cannot_be_told_apart_or_have_no_captions_are_refused(
    roots: list[Path], tmp_path: Path
) -> None:
    own_csv(tmp_path / "first")
    with pytest.raises(DatasetError, match="several datasets are in folders called first"):
        prepare([roots[0], tmp_path / "first"], tmp_path / "out", min_count=1)
    with pytest.raises(DatasetError, match="no dataset has captions"):
        prepare(roots[2:], tmp_path / "out", min_count=1)


def test_other_datasets_than_before_do_not_replace_them(both: Path, roots: list[Path]) -> None:
    with pytest.raises(DatasetError, match=r"prepared from .*first and .*second and .*things"):
        prepare(roots[:2], both, min_count=1)


def test_epochs_are_chosen_by_the_mean_of_the_datasets(run: Path) -> None:
    rows = read_curve(run / "curve.csv")
    for row in rows:
        each = [float(row[f"dev_cider_{name}"]) for name in ("first", "second")]
        assert float(row["dev_cider"]) == pytest.approx(np.mean(each), abs=0.01)
        assert 0 <= float(row["dev_chair"]) <= 1
    best = Checkpoint.load(run / "best.safetensors").card
    assert best.scores["cider_greedy"] == max(float(row["dev_cider"]) for row in rows)


def test_the_card_tells_what_the_run_knows(run: Path, both: Path, tmp_path: Path) -> None:
    path = publish(run, both, tmp_path, version="1", licence="MIT.", notes="A note.")
    card = Checkpoint.load(path).card
    assert card.training_data == (
        "the train splits of Flickr8k (1 photos, 2 captions) and second (1 photos, 2 captions)"
    )
    assert card.licence.startswith("MIT. Trained on Flickr8k: The photos belong to their authors")
    assert "second: CC0: do what you like." in card.licence
    assert "More is told" not in card.licence
    assert {"cider", "cider_first", "cider_second"} < card.scores.keys()
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "frozen, with its ImageNet weights |" in text
    assert "| metric | mean | first (1 photos) | second (1 photos) |" in text
    scores = [card.scores[name] for name in ("cider", "cider_first", "cider_second")]
    assert f"| cider | {' | '.join(map(str, scores))} |" in text
    assert "The 1 captions of second, by how they were decoded" in text
    assert "CHAIRs" in text


def test_an_encoder_may_learn_from_photos_without_captions(
    run: Path, both: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    teacher = str(run / "best.safetensors")
    phase = replace(CONFIG.phases[0], encoder_lr=1e-3, objective=Imitation(teacher, photos="all"))
    config = replace(CONFIG, phases=(phase,))
    Trainer(config, both, tmp_path, encoder_weights).fit()
    rows = read_curve(tmp_path / "curve.csv")
    assert [row["step"] for row in rows] == ["3", "6"]  # five photos, two a step
    facts = json.loads((tmp_path / "run.json").read_text())
    assert facts["phases"][0]["teachers"] == ["a training of mobilenet-attention"]


def test_evaluate_and_report_tell_of_each_dataset(
    run: Path, both: Path, roots: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    out = tmp_path / "scores.json"
    model = ["--model", str(run), "--engine", "torch"]
    arguments = ["evaluate", *map(str, roots[:2]), *model, "--no-java", "--json", str(out)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "first, dev, 1 photos" in result.output
    assert "second, dev, 1 photos" in result.output
    assert result.output.count("CHAIRi") == 2
    entries = json.loads(out.read_text())
    assert [entry["dataset"] for entry in entries] == ["first", "second"]
    assert entries[0]["chair"].keys() == {"per_caption", "per_object"}

    page = tmp_path / "page.html"
    arguments = ["report", str(run), "--prepared", str(both), "--engine", "torch"]
    CliRunner().invoke(app, [*arguments, "--out", str(page)], catch_exceptions=False)
    pages = sorted(path.name for path in tmp_path.glob("*.html"))
    assert pages == ["page-first.html", "page-second.html"]
    text = (tmp_path / "page-second.html").read_text(encoding="utf-8")
    assert "CIDEr on dev of first" in text
    assert ">CHAIRs</th>" in text


def test_a_folder_from_before_there_could_be_several_is_read(
    both: Path, roots: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "old"
    prepare(roots[:1], out, min_count=1)
    (out / "source.json").write_text(json.dumps({"dataset": str(roots[0])}))
    (source,) = sources_of(out)
    assert (source.name, source.photos["train"], source.captions["dev"]) == ("first", 1, 2)
    assert load_splits(out, "dev")["first"].names == ["b.jpg"]
    prepare(roots[:1], out, min_count=1)
    assert sources_of(out)[0].title == "Flickr8k"


def test_an_unreadable_photo_without_captions_is_named(tmp_path: Path) -> None:
    own_json(tmp_path / "mine")
    Image.new("RGB", (4, 4)).save(tmp_path / "mine" / "whole.png")
    (tmp_path / "mine" / "cut.jpg").write_bytes(b"\xff\xd8\xff cut")
    with pytest.raises(DatasetError, match=r"cut\.jpg: .*damaged"):
        prepare([tmp_path / "mine"], tmp_path / "out", min_count=1)
