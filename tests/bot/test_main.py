"""The `captionbot` command: what a person can put right is one line."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app as command


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


DAMAGED = b"This is no database." * 300


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "arguments", [["run"], ["migrate"], ["backup", "copy.db"], ["export", "out.zip"]]
)
def test_a_damaged_database_is_one_line_in_every_command(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_TOKEN", "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefg")
    Path("data").mkdir()
    Path("data/captionbot.db").write_bytes(DAMAGED)
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "is damaged" in result.output
    assert "captionbot restore" in result.output
    assert Path("data/captionbot.db").read_bytes() == DAMAGED
    assert not Path("copy.db").exists()
    assert not Path("out.zip").exists()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("arguments", [["migrate"], ["restore", "copy.db"]])
def test_an_impossible_data_folder_is_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", "/proc/captionbot")
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "DATA_DIR" in result.output


@pytest.mark.usefixtures("bare")
def test_a_database_in_a_missing_folder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///missing/bot.db")
    result = CliRunner().invoke(command, ["migrate"])
    assert isinstance(result.exception, SystemExit)
    assert result.output.count("\n") == 1
    assert "The folder missing of the database is not there" in result.output


@pytest.mark.usefixtures("bare")
def test_everything_in_the_data_folder_is_its_owner_s_alone() -> None:
    run = CliRunner().invoke
    run(command, ["migrate"])
    # As an earlier version left it.
    folder = Path("data")
    (folder / "photos").mkdir()
    (folder / "photos" / "1.jpg").touch()
    (folder / "captionbot.db-wal").touch()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    notes = folder / "somebody-s-notes.txt"
    notes.touch()
    notes.chmod(0o644)
    run(command, ["migrate"])
    run(command, ["backup", "copy.db"])
    run(command, ["export", "out.zip"])
    modes = {str(path): path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert modes.pop("data/somebody-s-notes.txt") == 0o644
    assert modes.pop("data") == modes.pop("data/photos") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"data/photos/1.jpg", "data/captionbot.db"} <= modes.keys()
    assert {Path(name).stat().st_mode & 0o777 for name in ("copy.db", "out.zip")} == {0o600}


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["sandbox", "--port", "99999"], 2, "65535"),
        (["sandbox", "--data-dir", "notes.txt"], 1, "notes.txt is not a folder"),
        (["sandbox", "--data-dir", "notes.txt/data"], 1, "notes.txt is not a folder"),
        (["--version"], 0, "captionbot "),
    ],
)
def test_options_that_cannot_be_are_told_without_a_traceback(
    arguments: list[str], code: int, words: str
) -> None:
    Path("notes.txt").touch()
    result = CliRunner().invoke(command, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert (result.exit_code, words in result.output) == (code, True)


MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("BOT_TOKEN=1:a\n", "run"),
        ("\ufeffBOT_TOKEN=1:a\n", "run"),
        ("\ufeff  export BOT_TOKEN='1:a'\n", "run"),
        ("#BOT_TOKEN=1:a\n", "sandbox"),
        ("\ufeff# BOT_TOKEN=1:a\n", "sandbox"),
        ("OLD_BOT_TOKEN=1:a\n", "sandbox"),
        ("BOT_TOKEN=\n", "sandbox"),
    ],
)
def test_make_run_sees_the_token_in_the_file(tmp_path: Path, text: str, command: str) -> None:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "BOT_TOKEN"}
    # Nothing is installed or run: the line that chooses is shown, and its shell is run.
    shown = subprocess.run(
        ["make", "--file", str(MAKEFILE), "--just-print", "--assume-old=.venv/.for-running", "run"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    line = shown[shown.index("if [ -n") :].replace("exec .venv/bin/captionbot", "echo")
    pattern = re.search(r"^TOKEN_IN_ENV_FILE := (.*)$", MAKEFILE.read_text(), re.MULTILINE)
    assert pattern is not None
    environment["TOKEN_IN_ENV_FILE"] = pattern[1].replace("\\#", "#")
    chosen = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert chosen.stdout.split() == [command]
