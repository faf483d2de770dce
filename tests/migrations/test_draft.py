"""What `make migration` writes can be applied and taken back as it is."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Table, Text, create_engine, false, inspect

import migrations
from bot.storage.columns import Base, RowId, UtcDateTime
from bot.storage.revisions import migration_config
from migrations.draft import draft


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations, to draft in."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(Path(migrations.__file__).parent, tmp_path / "a % b", ignore=ignored)


@pytest.fixture
def table() -> Iterator[Table]:
    """A table that no migration knows."""
    table = Table(
        "letters",
        Base.metadata,
        Column("id", RowId, primary_key=True),
        Column("text", Text, unique=True),
        Column("sent_at", UtcDateTime, nullable=False),
        Column("is_read", Boolean, server_default=false(), nullable=False),
        sqlite_autoincrement=True,
    )
    yield table
    Base.metadata.remove(table)


def test_the_draft_leads_to_the_tables_and_back(folder: Path, table: Table) -> None:
    newest = ScriptDirectory.from_config(migration_config()).get_current_head()
    path = draft("post_office", folder)
    assert newest is not None
    assert path == folder / "versions" / f"{int(newest) + 1:04}_post_office.py"
    text = path.read_text()
    assert '"""Post office."""' in text
    assert "sa.false()" in text, "as every database writes it"
    assert "###" not in text
    assert "import bot" not in text
    assert "bot." not in text
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = migration_config(connection)
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        command.upgrade(config, "head")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
        command.downgrade(config, "-1")
        assert "letters" not in inspect(connection).get_table_names()


def test_without_a_change_there_is_nothing_in_it(folder: Path) -> None:
    assert draft("data_only", folder).read_text().count("    pass\n") == 2


@pytest.mark.parametrize("name", ["", "Places", "photo places", "1st", "../places"])
def test_what_is_no_name_is_refused(name: str, folder: Path) -> None:
    before = sorted(folder.rglob("*.py"))
    with pytest.raises(ValueError, match="NAME="):
        draft(name, folder)
    assert sorted(folder.rglob("*.py")) == before
