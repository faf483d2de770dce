"""The `captionbot` command: what a person can put right is one line."""

import asyncio
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from postgresql import PostgreSQLServer
from typer.testing import CliRunner

from bot.__main__ import app as command
from bot.settings import Settings
from bot.storage.revisions import newest_revision


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    # A command sets up logging for its process, and this process has other tests to run.
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)
    mask = os.umask(0o022)
    yield
    os.umask(mask)


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


@pytest.mark.usefixtures("bare")
def test_a_database_is_moved(postgresql_server: PostgreSQLServer) -> None:
    run = CliRunner().invoke
    assert run(command, ["migrate"]).exit_code == 0
    asyncio.run(postgresql_server.execute("CREATE DATABASE moved"))
    try:
        there = postgresql_server.url("moved").render_as_string(hide_password=False)
        moved = run(command, ["move-database", "sqlite:///data/captionbot.db", there])
        assert moved.exit_code == 0
        assert "jobs: 0 rows" in moved.output
        assert "set DATABASE_URL" in moved.output
        back = run(command, ["move-database", there, "sqlite:///back.db"])
        assert back.exit_code == 0
    finally:
        asyncio.run(postgresql_server.drop("moved"))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("sqlite:///none.db", "sqlite:///new.db", "no database at none.db"),
        ("mysql://me@host/captions", "sqlite:///new.db", "SQLite or PostgreSQL"),
        ("sqlite:///none.db", "sqlite:///none.db", "the same database"),
        ("postgres://me:SECRET@127.0.0.1:1/captions", "sqlite:///new.db", "cannot be reached"),
    ],
)
def test_a_move_that_cannot_be_is_one_line(source: str, target: str, words: str) -> None:
    result = CliRunner().invoke(command, ["move-database", source, target])
    assert result.exit_code == 1
    assert words in result.output
    assert "SECRET" not in result.output
    assert result.output.count("\n") == 1


def users() -> list[int]:
    with closing(sqlite3.connect("data/captionbot.db")) as database:
        return [user_id for (user_id,) in database.execute("SELECT id FROM users")]


def add_user(user_id: int) -> None:
    with closing(sqlite3.connect("data/captionbot.db")) as database, database:
        database.execute(
            f"INSERT INTO users (id, created_at, last_seen_at) VALUES ({user_id}, '', '')"
        )


@pytest.mark.usefixtures("bare")
def test_restore_puts_a_backup_back_and_keeps_what_was_there() -> None:
    run = CliRunner().invoke
    run(command, ["migrate"])
    add_user(1)
    run(command, ["backup", "copy.db"])
    add_user(2)
    restored = run(command, ["restore", "copy.db"])
    assert restored.exit_code == 0
    assert users() == [1]
    kept = restored.output.split("is kept as ")[1].strip().removesuffix(".")
    assert run(command, ["restore", kept]).exit_code == 0
    assert users() == [1, 2]
    missing = run(command, ["restore", "missing.db"])
    assert (missing.exit_code, missing.output.count("\n")) == (1, 1)


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
