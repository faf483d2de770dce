import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from bot.storage.condition import UnusableDatabaseError
from bot.storage.migrate import migrate
from bot.storage.revisions import known_revisions, newest_revision


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def test_a_new_database_gets_the_newest_schema_without_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    assert await migrate(url_of(path)) is None
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (newest_revision(),)
        ]


async def test_the_newest_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await migrate(url_of(path))
    assert await migrate(url_of(path)) is None


async def test_an_existing_database_is_backed_up_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bot.db"
    await migrate(url_of(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO users (id, created_at, last_seen_at) VALUES (7, '', '')")
        # As an older version of the program would have left it.
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    known = (*known_revisions(), "older")
    monkeypatch.setattr("bot.storage.condition.known_revisions", lambda: known)
    monkeypatch.setattr(
        command,
        "upgrade",
        lambda config, _revision: config.attributes["connection"].exec_driver_sql(
            f"UPDATE alembic_version SET version_num = '{newest_revision()}'"
        ),
    )
    backup = await migrate(url_of(path))
    assert backup is not None
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT id FROM users").fetchall() == [(7,)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("older",)
        ]


async def test_a_newer_schema_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await migrate(url_of(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UnusableDatabaseError, match=r"schema 9999.*newer"):
        await migrate(url_of(path))


async def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bot.db"
    upgrade = command.upgrade

    def break_off(config: object, revision: str) -> None:
        upgrade(config, revision)  # type: ignore[arg-type]
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="disk is full"):
        patch.setattr(command, "upgrade", break_off)
        await migrate(url_of(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    await migrate(url_of(path))


async def test_a_migration_may_copy_a_table_that_others_refer_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With foreign keys enforced, dropping the copied table would delete the ratings of its users.
    path = tmp_path / "bot.db"
    await migrate(url_of(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO users (id, created_at, last_seen_at) VALUES (7, '', '')")
        connection.execute(
            "INSERT INTO ratings (user_id, caption_id, value, created_at, updated_at) "
            "VALUES (7, 1, 1, '', '')"
        )
        connection.execute("UPDATE alembic_version SET version_num = 'older'")

    def copy_users(config: Config, _revision: str) -> None:
        run = config.attributes["connection"].exec_driver_sql
        run("CREATE TABLE copy AS SELECT * FROM users")
        run("DROP TABLE users")
        run("ALTER TABLE copy RENAME TO users")

    known = (*known_revisions(), "older")
    monkeypatch.setattr("bot.storage.condition.known_revisions", lambda: known)
    monkeypatch.setattr(command, "upgrade", copy_users)
    await migrate(url_of(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT user_id FROM ratings").fetchall() == [(7,)]
