"""Every migration can be applied, taken back and applied again, and leads to the models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from bot.storage.revisions import migration_config
from bot.storage.tables import Base

SCRIPTS = ScriptDirectory.from_config(migration_config())
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_there_is_one_history() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert len(REVISIONS) >= 1


def test_each_revision_up_down_up(connection: Connection) -> None:
    config = migration_config(connection)
    for revision in REVISIONS:
        before = set(inspect(connection).get_table_names()) - {"alembic_version"}
        command.upgrade(config, revision)
        command.downgrade(config, "-1")
        assert set(inspect(connection).get_table_names()) - {"alembic_version"} == before
        command.upgrade(config, revision)
    assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())


def test_the_migrated_schema_is_that_of_the_models(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "head")
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    assert compare_metadata(context, Base.metadata) == []


def test_tables_number_their_rows_as_the_models_say(connection: Connection) -> None:
    # The comparison above does not see AUTOINCREMENT, on which old buttons rely.
    command.upgrade(migration_config(connection), "head")
    for name, table in Base.metadata.tables.items():
        sql = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = ?", (name,)
        ).scalar_one()
        wanted = bool(table.dialect_options["sqlite"]["autoincrement"])
        assert ("AUTOINCREMENT" in sql) == wanted, name
