"""`captionbot models`, as it is used in a terminal."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from version_files import MOBILENET, checkpoint_file

from bot.__main__ import app as command
from bot.settings import Settings
from captioning.card import read_card
from captioning.catalogue import ENTRIES

OWN = read_card(ENTRIES[MOBILENET].path).version


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs a command; gives its exit code and output."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)
    mask = os.umask(0o022)

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command, ["models", *arguments])
        return result.exit_code, result.output

    yield run
    os.umask(mask)


def test_without_a_database_it_says_where_to_look(models: Any) -> None:
    code, output = models("list")
    assert (code, output.count("\n")) == (1, 1)
    assert "DATA_DIR" in output


def test_from_a_file_to_a_version_that_answers_and_back(models: Any, tmp_path: Path) -> None:
    CliRunner().invoke(command, ["migrate"])
    source = checkpoint_file(tmp_path / "file.safetensors", "0.9.9")
    code, output = models("add", str(source))
    assert code == 0
    assert f"captionbot models promote {MOBILENET} 0.9.9" in output
    assert models("share", "0.9.9", "20")[0] == 0
    listed = models("list")[1].splitlines()
    assert f"  {OWN:<12} of the package, answers" in listed
    assert "on trial with 20 % of the people since " in listed[-1]
    code, output = models("promote", MOBILENET, "0.9.9")
    assert (code, output.startswith(f"{MOBILENET} 0.9.9 answers now, instead of {OWN}.")) == (
        0,
        True,
    )
    listed = models("list")[1].splitlines()
    assert listed[-1].endswith(", answers")
    assert listed[-2] == f"  {OWN:<12} of the package, answers after a rollback"
    for file in (tmp_path / "data" / "models").iterdir():
        file.unlink()
    assert "its file is missing" in models("list")[1]
    assert models("rollback")[1].startswith(f"{MOBILENET} {OWN} answers now, instead of 0.9.9.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "none.safetensors"),
        ("add", "broken.safetensors"),
        ("promote", MOBILENET, "9"),
        ("promote", "none", "9"),
        ("rollback",),
        ("share", "9", "5"),
        ("share", OWN, "100"),
    ],
)
def test_what_cannot_be_done_is_one_line(models: Any, arguments: tuple[str, ...]) -> None:
    CliRunner().invoke(command, ["migrate"])
    Path("broken.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{broken}")
    code, output = models(*arguments)
    assert (code, output.count("\n")) == (1, 1)
