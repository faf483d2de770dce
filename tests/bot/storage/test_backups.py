"""Backups are taken by themselves, can be put back, and lose nothing."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from bot.storage import backups
from bot.storage.backups import BackupError, DailyBackups, back_up, copy_to, restore, take_daily

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def url_of(path: Path) -> URL:
    return make_url(f"sqlite+aiosqlite:///{path}")


@pytest.fixture
def path(empty_database: Path, tmp_path: Path) -> Path:
    path = tmp_path / "captionbot.db"
    shutil.copy(empty_database, path)
    return path


def add_user(path: Path, user_id: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"INSERT INTO users (id, created_at, last_seen_at) VALUES ({user_id}, '', '')"
        )


def users(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [user_id for (user_id,) in connection.execute("SELECT id FROM users ORDER BY id")]


def names(path: Path) -> list[str]:
    return sorted(it.name for it in (path.parent / "backups").iterdir())


def fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def until(happened: Callable[[], object]) -> None:
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not happen.")


def test_one_is_taken_a_day_and_the_last_seven_are_kept(path: Path) -> None:
    other = back_up(path, "before-0099", NOON - timedelta(days=100))
    for day in range(10):
        add_user(path, day)
        moment = NOON + timedelta(days=day)
        assert take_daily(path, moment) is not None
        assert take_daily(path, moment + timedelta(hours=11)) is None
    daily = [name for name in names(path) if name.endswith("-daily.db")]
    assert [name[11:19] for name in daily] == [f"202603{day}" for day in range(13, 20)]
    assert other.exists(), "what was taken for a reason stays"
    assert users(path.parent / "backups" / daily[0]) == [0, 1, 2, 3]


def test_what_is_half_written_is_no_backup(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(database: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(backups, "copy_sqlite", break_off)
        take_daily(path, NOON)
    taken = take_daily(path, NOON)
    assert taken is not None
    assert names(path) == [taken.name]


async def test_the_bot_goes_on_when_a_backup_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backups, "FIRST_SECONDS", 0)
    monkeypatch.setattr(backups, "EVERY_SECONDS", 0.01)
    (path.parent / "backups").write_text("notes")
    taking = asyncio.create_task(DailyBackups(url_of(path)).run())
    await until(lambda: "The daily backup failed" in caplog.text)
    assert "Traceback" not in caplog.text
    (path.parent / "backups").unlink()
    await until(lambda: list(path.parent.glob("backups/*-daily.db")))
    taking.cancel()


async def test_a_server_is_left_to_its_own_tools(tmp_path: Path) -> None:
    url = make_url("postgresql+asyncpg://host/bot")
    await DailyBackups(url).run()
    for use in (copy_to(tmp_path / "copy.db", url), restore(tmp_path / "copy.db", url)):
        with pytest.raises(BackupError, match="not SQLite"):
            await use


async def test_a_copy_is_its_owner_s_alone(path: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        await copy_to(tmp_path / "copy.db", url_of(path))
        taken = back_up(path, "daily")
    finally:
        os.umask(before)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert taken.stat().st_mode & 0o777 == 0o600
    assert taken.parent.stat().st_mode & 0o777 == 0o700


async def test_a_backup_is_put_back_and_what_was_there_is_kept(path: Path) -> None:
    add_user(path, 1)
    backup = back_up(path, "daily")
    content = backup.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute(
                "INSERT INTO users (id, created_at, last_seen_at) VALUES (2, '', '')"
            )
        former = await restore(backup, url_of(path))
    assert users(path) == [1]
    assert former is not None
    assert users(former) == [1, 2], "also what was only in the journal"
    assert backup.read_bytes() == content


async def test_a_damaged_database_is_replaced_and_kept_as_it_is(path: Path) -> None:
    backup = back_up(path, "daily")
    fill(path, b"This is no database." * 300)
    fill(path.with_name("captionbot.db-wal"), b"journal")
    former = await restore(backup, url_of(path))
    assert former is not None
    assert former.read_bytes().startswith(b"This is no")
    assert former.with_name(f"{former.name}-wal").read_bytes() == b"journal"
    assert users(path) == []


async def test_what_is_no_backup_changes_nothing(path: Path, tmp_path: Path) -> None:
    add_user(path, 1)
    (tmp_path / "notes.txt").write_bytes(b"notes" * 1000)
    sqlite3.connect(tmp_path / "other.db").close()
    for name, words in (("missing.db", "no file"), ("notes.txt", "damaged"), ("other.db", "no ba")):
        with pytest.raises(BackupError, match=words):
            await restore(tmp_path / name, url_of(path))
    assert users(path) == [1]


async def test_without_a_database_a_backup_becomes_it(path: Path, tmp_path: Path) -> None:
    add_user(path, 1)
    new = tmp_path / "new" / "captionbot.db"
    new.parent.mkdir()
    assert await restore(path, url_of(new)) is None
    assert users(new) == [1]
