"""The `captionbot` command: what a person can put right is one line."""

import asyncio
from pathlib import Path

import pytest
from postgresql import PostgreSQLServer
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
    monkeypatch.setattr("bot.__main__.set_up_logging", lambda *_: None)


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
