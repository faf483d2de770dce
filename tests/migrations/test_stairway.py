"""Every migration can be applied, taken back and applied again, and leads to the models."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, func, inspect, select, text

from bot.storage.revisions import migration_config
from bot.storage.tables import Base, Caption, Job, Photo, Rating, Usage, User

SCRIPTS = ScriptDirectory.from_config(migration_config())
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]

Within = Callable[[Callable[[Connection], None]], None]


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_history() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert len(REVISIONS) >= 1


def test_each_revision_up_down_up(within: Within) -> None:
    def climb(connection: Connection) -> None:
        config = migration_config(connection)
        for revision in REVISIONS:
            before = tables(connection)
            command.upgrade(config, revision)
            command.downgrade(config, "-1")
            assert tables(connection) == before
            command.upgrade(config, revision)
        assert set(Base.metadata.tables) <= tables(connection)

    within(climb)


ROWS: dict[Any, dict[str, Any]] = {
    User: {"id": 2**40, "language_code": "ru", "shows_attention": True},
    Photo: {"file_unique_id": "unique", "file_id": "file", "width": 640, "height": 480},
    Job: {
        "bot_id": 2**33,
        "chat_id": -(2**40),
        "message_id": 1,
        "photo_id": 1,
        "user_id": 2**40,
        "models": ("one", "two"),
    },
    Caption: {
        "photo_id": 1,
        "model": "one",
        "version": "1",
        "options": "beam=3",
        "text": "Собака 🐕",
        "words": ["Собака"],
        "word_probabilities": [0.5],
        "log_probability": -0.7,
        "latency_ms": 12.5,
    },
    Rating: {"user_id": 2**40, "caption_id": 1, "value": 1},
    Usage: {"user_id": 2**40, "window": datetime.now(UTC).strftime("%Y-%m-%d"), "photos": 3},
}
"""What somebody has in the newest schema; the first knows all of it but the last."""


def test_what_people_have_survives_the_way_down_and_up(within: Within) -> None:
    def there_and_back(connection: Connection) -> None:
        config = migration_config(connection)
        command.upgrade(config, "head")
        for table, row in ROWS.items():
            connection.execute(table.__table__.insert(), row)
        command.downgrade(config, REVISIONS[0])
        command.upgrade(config, "head")
        for table in list(ROWS)[:-1]:
            assert connection.scalar(select(func.count()).select_from(table)) == 1, table
        person = connection.execute(select(User.id, User.language_code, User.model_choice)).one()
        assert tuple(person) == (2**40, "ru", "all")
        assert connection.scalar(select(Job.models)) == ("one", "two")
        assert connection.scalar(select(Caption.text)) == "Собака 🐕"
        connection.execute(Photo.__table__.insert(), {"file_unique_id": "u", "file_id": "f"})
        assert connection.scalar(select(func.max(Photo.id))) == 2

    within(there_and_back)


def test_the_migrated_schema_is_that_of_the_models(within: Within) -> None:
    def compare(connection: Connection) -> None:
        command.upgrade(migration_config(connection), "head")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": differs}
        )
        assert compare_metadata(context, Base.metadata) == []

    within(compare)


def differs(
    _context: object,
    _found: object,
    column: Column[Any],
    found_default: str | None,
    _default: object,
    default: str | None,
) -> bool | None:
    """Whether a default differs; None leaves it to Alembic, which cannot compare PostgreSQL's
    JSON."""
    if found_default is None or not isinstance(column.type, JSON):
        return None
    return found_default.partition("::")[0].strip("'") != str(default).strip("'")


def test_tables_number_their_rows_as_the_models_say(within: Within) -> None:
    # The comparison above does not see it, and old buttons rely on it.
    def look(connection: Connection) -> None:
        command.upgrade(migration_config(connection), "head")
        for name, table in Base.metadata.tables.items():
            wanted = bool(table.dialect_options["sqlite"]["autoincrement"])
            assert numbers_rows(connection, name) == wanted, name

    within(look)


def numbers_rows(connection: Connection, table: str) -> bool:
    """Whether a database gives a table ids that no row ever had."""
    if connection.dialect.name == "sqlite":
        sql = text("SELECT sql FROM sqlite_master WHERE name = :name")
        return "AUTOINCREMENT" in connection.execute(sql, {"name": table}).scalar_one()
    sql = text("SELECT count(*) FROM pg_sequences WHERE sequencename = :name")
    return bool(connection.scalar(sql, {"name": f"{table}_id_seq"}))
