"""Whose captions people want stays the same, before and after 0005."""

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, create_engine

from bot.storage.revisions import migration_config


def choices(connection: Connection) -> dict[int, str]:
    found = connection.exec_driver_sql("SELECT id, model_choice FROM users")
    return {row.id: row.model_choice for row in found}


def test_choices_are_renamed_and_back(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    insert = "INSERT INTO users (id, created_at, last_seen_at) VALUES (?, '', '')"
    with engine.begin() as connection:
        config = migration_config(connection)
        command.upgrade(config, "0004")
        for user_id in (1, 2):
            connection.exec_driver_sql(insert, (user_id,))
        connection.exec_driver_sql("UPDATE users SET model_choice = 'resnet34-lstm' WHERE id = 2")
        command.upgrade(config, "0005")
        connection.exec_driver_sql(insert, (3,))
        assert choices(connection) == {1: "all", 2: "resnet34-lstm", 3: "all"}
        command.downgrade(config, "0004")
        connection.exec_driver_sql(insert, (4,))
        assert choices(connection) == {1: "both", 2: "resnet34-lstm", 3: "both", 4: "both"}
        command.upgrade(config, "0005")
        assert choices(connection) == {1: "all", 2: "resnet34-lstm", 3: "all", 4: "all"}
    engine.dispose()
