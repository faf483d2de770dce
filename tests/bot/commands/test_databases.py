"""Databases are migrated, moved, copied and put back; what cannot be is one line."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from postgresql import PostgreSQLServer
from typer.testing import CliRunner

from bot.__main__ import app as command
from bot.storage.revisions import newest_revision


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
