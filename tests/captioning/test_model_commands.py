import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from captioning import load_captioner
from captioning.card import read_card
from captioning.catalogue import ENTRIES, REMOTE
from captioning.checkpoint import Checkpoint
from captioning.model_commands import app


def caption(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "captioning", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_models_are_listed_by_the_command(tmp_path: Path) -> None:
    result = caption("models", "--cache", str(tmp_path), folder=tmp_path)
    assert result.returncode == 0
    for name in [*ENTRIES, *REMOTE]:
        assert name in result.stdout
    assert str(tmp_path) in result.stdout


def test_files_of_a_commands_name_stay_reachable(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("no photo")
    result = caption("./models", folder=tmp_path)
    assert result.returncode == 1
    assert "./models: This is not an image" in result.stderr
    result = caption("--", "models", folder=tmp_path)
    assert "models: This is not an image" in result.stderr


def test_the_help_names_the_commands(tmp_path: Path) -> None:
    text = caption("--help", folder=tmp_path).stdout
    for command in ("caption models", "caption download NAME", "import-seed"):
        assert command in text


def test_a_bundled_model_is_listed_with_its_card(
    checkpoint: Checkpoint, checkpoint_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entries = {
        name: replace(entry, path=checkpoint_path if entry.has_attention else tmp_path / "missing")
        for name, entry in ENTRIES.items()
    }
    monkeypatch.setattr("captioning.model_commands.ENTRIES", entries)
    listed = CliRunner().invoke(app, ["models", "--cache", str(tmp_path)]).output.splitlines()
    line = next(line for line in listed if line.startswith("  mobilenet-attention"))
    assert "MobileNet + attention" in line
    assert "version 0.0.1" in line
    assert line.endswith("MB, CIDEr 1.5")
    line = next(line for line in listed if line.startswith("  resnet34-lstm"))
    assert "unusable" in line


def test_the_card_is_read_alone(checkpoint: Checkpoint, checkpoint_path: Path) -> None:
    assert read_card(checkpoint_path) == checkpoint.card


@pytest.fixture
def seed_files(
    seed: Any, encoder_states: dict[str, dict[str, torch.Tensor]], tmp_path: Path
) -> list[str]:
    save_file(encoder_states["mobilenet_v3_small"], tmp_path / "encoder.safetensors")
    return [
        str(seed.save(seed.attention(16, 8, 8, 4), tmp_path / "model_attention.pt")),
        str(seed.save_words(seed.words(16), tmp_path / "vocab.pkl")),
        "--encoder-weights",
        str(tmp_path / "encoder.safetensors"),
    ]


def test_the_seeds_model_is_imported(
    seed_files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    result = run(app, ["import-seed", *seed_files])
    assert result.exit_code == 0, result.output
    assert "caption --model seed-mobilenet-attention.safetensors PHOTO" in result.stdout
    captioner = load_captioner(tmp_path / "seed-mobilenet-attention.safetensors", engine="torch")
    assert captioner.name == "seed-mobilenet-attention"

    again = run(app, ["import-seed", *seed_files])
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    elsewhere = run(app, ["import-seed", *seed_files, "-o", "mine.safetensors"])
    assert elsewhere.exit_code == 0
    assert (tmp_path / "mine.safetensors").exists()


@pytest.mark.parametrize(
    ("output", "reason"),
    [("mine.pt", "ends in .safetensors"), ("nowhere/mine.safetensors", "There is no folder")],
)
def test_an_impossible_output_is_said_before_the_work(
    output: str, reason: str, seed_files: list[str], tmp_path: Path
) -> None:
    options = ["--output", str(tmp_path / output)]
    result = CliRunner().invoke(app, ["import-seed", "no.pt", "no.pkl", *options])
    assert result.exit_code == 1
    assert reason in result.stderr


def test_an_unusable_file_is_one_sentence(seed_files: list[str], tmp_path: Path) -> None:
    Path(seed_files[0]).write_bytes(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")
    result = CliRunner().invoke(app, ["import-seed", *seed_files])
    assert result.exit_code == 1
    assert "model_attention.pt is refused: it asks for os.system" in result.stderr
    assert len(result.stderr.splitlines()) == 1
