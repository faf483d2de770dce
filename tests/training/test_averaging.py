from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from captioning.card import Card
from captioning.checkpoint import Checkpoint, CheckpointError, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import SPECIAL_TOKENS, Vocabulary
from training.__main__ import app
from training.averaging import average_checkpoints
from training.run_facts import BegunPhase, RunFacts, load_facts, save_facts
from training.run_folder import RunFolder

WORDS = ["a", "dog", "runs"]


def saved(path: Path, seed: int, *, hidden_size: int = 8, steps: int = 0) -> Path:
    torch.manual_seed(seed)
    size = len(SPECIAL_TOKENS) + len(WORDS)
    config = DecoderConfig("lstm", size, 576, 6, hidden_size, layers=1)
    Checkpoint(
        card=Card("mobilenet-small", "0.1.0", steps=steps, scores={"CIDEr": 40.0}),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=Vocabulary(WORDS),
        preprocessing=Preprocessing(size=64),
        search=SearchOptions(),
        weights=Model("mobilenet_v3_small", config).state_dict(),
    ).save(path)
    return path


def test_weights_are_averaged_and_the_scores_of_one_are_not_those_of_all(tmp_path: Path) -> None:
    paths = [saved(tmp_path / f"{seed}.safetensors", seed, steps=10 * seed) for seed in range(3)]

    averaged = average_checkpoints(paths)

    name = "decoder.lstm.weight_hh_l0"
    parts = [Checkpoint.load(path).weights[name] for path in paths]
    assert not torch.equal(parts[0], parts[1])
    torch.testing.assert_close(averaged.weights[name], sum(parts) / 3)
    assert averaged.card == Card("mobilenet-small", "0.1.0", steps=20)
    averaged.build()


def test_counters_stay_whole_numbers(tmp_path: Path) -> None:
    paths = [saved(tmp_path / f"{seed}.safetensors", seed) for seed in range(2)]

    averaged = average_checkpoints(paths)

    for name, tensor in Checkpoint.load(paths[0]).weights.items():
        assert averaged.weights[name].dtype == tensor.dtype


def test_another_architecture_or_vocabulary_is_refused_by_name(tmp_path: Path) -> None:
    first = saved(tmp_path / "first.safetensors", 0)
    wider = saved(tmp_path / "wider.safetensors", 0, hidden_size=9)
    other = Checkpoint.load(first)
    replace(other, vocabulary=Vocabulary(["a", "cat", "runs"])).save(tmp_path / "cats.safetensors")

    with pytest.raises(CheckpointError, match=r"wider\.safetensors .* its decoder differs"):
        average_checkpoints([first, wider])
    with pytest.raises(CheckpointError, match=r"cats\.safetensors .* its vocabulary differs"):
        average_checkpoints([first, tmp_path / "cats.safetensors"])


def test_the_mean_is_a_run_that_knows_what_the_first_one_did(tmp_path: Path) -> None:
    facts = RunFacts(None, (BegunPhase(0, "cross-entropy", 0),))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        saved(tmp_path / name / "best.safetensors", len(name))
    save_facts(tmp_path / "one" / "run.json", facts)
    checkpoints = [str(tmp_path / name / "best.safetensors") for name in ("one", "two")]
    arguments = ["average", *checkpoints, "--run", str(tmp_path / "mean")]
    CliRunner().invoke(app, arguments, catch_exceptions=False)
    folder = RunFolder(tmp_path / "mean")
    assert folder.captioning().is_file()
    assert load_facts(folder.facts) == facts
