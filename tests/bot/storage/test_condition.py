"""A database that cannot be used is refused in one line, whoever wants to use it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from bot.storage.condition import UnusableDatabaseError, check
from bot.storage.revisions import newest_revision


def url_of(path: Path) -> URL:
    return make_url(f"sqlite+aiosqlite:///{path}")


@pytest.fixture
def path(empty_database: Path, tmp_path: Path) -> Path:
    path = tmp_path / "captionbot.db"
    shutil.copy(empty_database, path)
    return path


def state_of(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


async def refusal(path: Path) -> str:
    with pytest.raises(UnusableDatabaseError) as caught:
        await check(url_of(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_database_that_is_well(path: Path, tmp_path: Path) -> None:
    before = state_of(path)
    condition = await check(url_of(path))
    assert (condition.exists, condition.revision, condition.is_newest) == (
        True,
        newest_revision(),
        True,
    )
    assert state_of(path) == before
    new = await check(url_of(tmp_path / "new.db"))
    assert (new.exists, new.revision, new.is_newest) == (False, None, False)
    assert not (tmp_path / "new.db").exists()


def damage(path: Path, begin: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[begin : begin + 9 * 4096] = b"\xff" * (9 * 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("begin", [0, 3 * 4096])
async def test_a_damaged_database(path: Path, begin: int) -> None:
    damage(path, begin)
    text = await refusal(path)
    assert "damaged" in text
    assert "captionbot restore" in text


async def test_what_is_no_file_and_a_folder_that_is_missing(path: Path, tmp_path: Path) -> None:
    assert "not a file" in await refusal(tmp_path)
    text = await refusal(tmp_path / "missing" / "bot.db")
    assert text.startswith(f"The folder {tmp_path / 'missing'} of the database is not there")


async def test_a_place_that_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    denied = {path}
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) not in denied)
    assert f"{path} cannot be read and written" in await refusal(path)
    denied = {tmp_path}
    assert f"{tmp_path} cannot be read and written" in await refusal(tmp_path / "new.db")


async def test_another_program_that_locks_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert "locked by another program" in await refusal(path)


async def test_a_schema_of_a_newer_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer" in await refusal(path)


async def test_a_server_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.storage.condition.open_engine", Refusing)
    with pytest.raises(UnusableDatabaseError) as caught:
        await check(make_url("postgresql+asyncpg://me:secret@host/bot"))
    assert "PostgreSQL at host:5432 cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)


class Refusing:
    """An engine whose server refuses, with the password in its words."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def connect(self) -> None:
        raise OSError(self._url.render_as_string(hide_password=False))

    async def dispose(self) -> None:
        pass
