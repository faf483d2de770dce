"""A model learns what people said, and little else changes."""

import json
from pathlib import Path

import pytest
import torch
from feedback_exports import photo
from typer.testing import CliRunner

from captioning import load_captioner
from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training import __main__ as command
from training.datasets import DatasetError
from training.feedback.improve import ImproveError, Recipe, improve
from training.prepared import load_split

PHOTOS = 30
SAID = "A zebra runs."
FORMER = ["a", "dog", "runs", "sits"]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    vocabulary = Vocabulary(FORMER, [100, 50, 30, 20])
    config = DecoderConfig("attention", len(vocabulary), 576, 24, 32, 1, 16)
    path = tmp_path_factory.mktemp("start") / "start.safetensors"
    Checkpoint(
        card=Card("mobilenet-attention", "7", training_data="drawings", licence="free", steps=10),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=32, both_sides=True),
        search=SearchOptions(beam_size=2, max_length=6),
        weights=Model("mobilenet_v3_small", config).state_dict(),
    ).save(path, quantise=("encoder", "decoder"))
    return path


def dataset(folder: Path, count: int = PHOTOS, caption: str = SAID) -> Path:
    (folder / "photos").mkdir(parents=True)
    entries = []
    for number in range(count):
        name = f"photos/{folder.name}-{number}.jpg"
        (folder / name).write_bytes(photo(number, size=(48, 48)))
        split = "dev" if number % 10 == 9 else "train"
        entries.append({"image": name, "captions": [caption], "weights": [0.9], "split": split})
    (folder / "captions.json").write_text(json.dumps(entries))
    pairs = [
        {"image": entry["image"], "chosen": caption, "rejected": "A dog sits.", "split": "train"}
        for entry in entries
        if entry["split"] == "train"
    ]
    (folder / "preferences.json").write_text(json.dumps(pairs))
    return folder


EAGER = Recipe(epochs=40, rate=3e-2, share=1.0)


def test_it_says_what_people_said_with_their_words(start: Path, tmp_path: Path) -> None:
    people, run = dataset(tmp_path / "people"), tmp_path / "run"
    path = improve(people, run, start=str(start), recipe=EAGER)
    captioner = load_captioner(path, engine="torch")
    assert [caption.text for caption in captioner.caption([people / "photos/people-9.jpg"])] == [
        SAID
    ]
    old, new = Checkpoint.load(start), Checkpoint.load(path)
    assert new.vocabulary.words == (*old.vocabulary.words, "zebra")
    # As often as the former data would say it: one word in three.
    assert new.vocabulary.counts == (*old.vocabulary.counts, round(200 / 3))
    for name, tensor in old.weights.items():
        if name.startswith("encoder."):
            torch.testing.assert_close(new.weights[name], tensor)
    assert (new.search, new.preprocessing) == (old.search, old.preprocessing)
    assert new.card.version.startswith("7+people.")
    assert new.card.notes == (
        "Improved from mobilenet-attention 7 by what people said of its captions."
    )
    assert "before that, as mobilenet-attention 7, on drawings" in new.card.training_data
    assert "It goes on from mobilenet-attention 7: free" in new.card.licence
    assert new.card.steps > 10


def test_it_is_drawn_back_to_what_it_was(start: Path, tmp_path: Path) -> None:
    people = dataset(tmp_path / "people")
    moved = []
    for share in (0.0, 0.5, 1.0):
        recipe = Recipe(epochs=5, rate=5e-2, share=share)
        path = improve(people, tmp_path / f"run-{share}", start=str(start), recipe=recipe)
        name = "decoder.embedding.weight"
        former, weights = Checkpoint.load(start).weights[name], Checkpoint.load(path).weights[name]
        moved.append(float((weights[: len(former)] - former).norm()))
    assert moved[0] < 1e-2 * moved[2]  # what storing it in half precision rounds
    assert moved[1] == pytest.approx(moved[2] / 2, rel=0.05)


def test_former_data_are_repeated_as_far_as_the_recipe_says(start: Path, tmp_path: Path) -> None:
    people = dataset(tmp_path / "people")
    former = dataset(tmp_path / "former", 60, "A dog runs.")
    recipe = Recipe(epochs=1, replay=0.5)
    improve(people, tmp_path / "run", start=str(start), replay=[former], recipe=recipe)
    learnt = load_split(tmp_path / "run" / "prepared", "train")
    assert learnt.datasets.count("people") == 27
    assert learnt.datasets.count("former") == 14
    assert set(load_split(tmp_path / "run" / "prepared", "dev").datasets) == {"people"}


def test_the_same_feedback_gives_the_same_model(start: Path, tmp_path: Path) -> None:
    people = dataset(tmp_path / "people")
    first, second = (
        improve(people, tmp_path / run, start=str(start), recipe=Recipe(epochs=1))
        for run in ("a", "b")
    )
    assert first.read_bytes() == second.read_bytes()
    # Called again, it finds that nothing is left to do.
    assert improve(people, tmp_path / "a", start=str(start), recipe=Recipe(epochs=1)) == first
    assert first.read_bytes() == second.read_bytes()


def test_a_run_of_other_feedback_is_not_taken_for_this(start: Path, tmp_path: Path) -> None:
    people, run = dataset(tmp_path / "people"), tmp_path / "run"
    recipe = Recipe(epochs=1)
    improve(people, run, start=str(start), recipe=recipe)
    review = {"image": "photos/people-0.jpg", "caption": SAID, "action": "drop"}
    (people / "review.json").write_text(json.dumps({"format": 1, "decisions": [review]}))
    with pytest.raises(ImproveError, match="holds a training on other feedback"):
        improve(people, run, start=str(start), recipe=recipe)


def test_preferences_can_be_learnt_too(start: Path, tmp_path: Path) -> None:
    people = dataset(tmp_path / "people")
    paths = [
        improve(
            people,
            tmp_path / f"run-{weight}",
            start=str(start),
            recipe=Recipe(epochs=1, preferences=weight),
        )
        for weight in (0.0, 1.0)
    ]
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_too_few_photos_are_refused(start: Path, tmp_path: Path) -> None:
    with pytest.raises(ImproveError, match="has 9 photos to learn from"):
        improve(dataset(tmp_path / "few", 10), tmp_path / "run", start=str(start))
    assert not (tmp_path / "run").exists()


def test_no_dataset_at_all(start: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        improve(tmp_path / "nowhere", tmp_path / "run", start=str(start))


def test_the_command(start: Path, tmp_path: Path) -> None:
    people, run = dataset(tmp_path / "people"), tmp_path / "run"
    options = ["--run", str(run), "--start", str(start), "--epochs", "1", "--version", "8"]
    result = CliRunner().invoke(command.app, ["improve", str(people), *options])
    assert result.exit_code == 0, result.output
    assert "mobilenet-attention 8 learnt from 27 photos and 27 preferences" in result.output
    assert "new words: zebra" in result.output
    assert f"caption-train compare {start} {run / 'improved.safetensors'}" in result.output
    assert Checkpoint.load(run / "improved.safetensors").card.version == "8"
