"""The `captionbot` command: what a person can put right is one line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app as command
from bot.settings import Settings
from bot.storage.migrate import newest_revision


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    # A command sets up logging for its process, and this process has other tests to run.
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)


@pytest.mark.usefixtures("bare")
def test_run_without_a_token_is_one_line() -> None:
    result = CliRunner().invoke(command, ["run"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "captionbot sandbox" in result.output


@pytest.mark.usefixtures("bare")
def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_IDS", "alice")
    result = CliRunner().invoke(command, ["migrate"])
    assert result.exit_code == 1
    assert result.output.startswith("ADMIN_IDS: ")
    assert result.output.count("\n") == 1


@pytest.mark.usefixtures("bare")
def test_migrate_and_backup(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert "no database" in run(command, ["backup", "copy.db"]).output
    assert f"revision {newest_revision()}" in run(command, ["migrate"]).output
    assert run(command, ["backup", "copy.db"]).exit_code == 0
    assert (tmp_path / "copy.db").read_bytes()[:6] == b"SQLite"
    assert "exists already" in run(command, ["backup", "copy.db"]).output
