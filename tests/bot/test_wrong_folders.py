"""Something else where a folder should be: one line, no traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app as command
from bot.data_folder import DataFolderError, make_subfolder


def test_a_file_where_the_photos_should_be(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    make_subfolder(photos)
    make_subfolder(photos)
    assert photos.is_dir()
    photos.rmdir()
    photos.write_text("notes")
    with pytest.raises(DataFolderError) as caught:
        make_subfolder(photos)
    assert "photos" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BOT_TOKEN", "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefg")
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)
    return CliRunner()


def test_starting_with_one_is_one_line(invoke: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photos").write_text("notes")
    result = invoke.invoke(command, ["run"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "photos cannot be made" in result.output


def test_a_backup_into_a_missing_folder_is_one_line(invoke: CliRunner) -> None:
    assert invoke.invoke(command, ["migrate"]).exit_code == 0
    result = invoke.invoke(command, ["backup", "missing/copy.db"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "missing" in result.output
    assert isinstance(result.exception, SystemExit)
