"""Captions keep what they are, before and after 0006."""

from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from bot.storage.revisions import migration_config

PHOTO = "INSERT INTO photos (id, file_unique_id, file_id, created_at) VALUES (1, 'u', 'f', '')"
CAPTION = (
    "INSERT INTO captions (id, photo_id, model, version, options, text, words, word_probabilities, "
    "log_probability, latency_ms, created_at) "
    "VALUES (?, 1, 'm', ?, 'o', 'A dog.', '[]', '[]', -1.0, 2.0, '')"
)


def test_earlier_captions_have_no_confidence(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    with engine.begin() as connection:
        config = migration_config(connection)
        command.upgrade(config, "0005")
        connection.exec_driver_sql(PHOTO)
        connection.exec_driver_sql(CAPTION, (1, "1"))
        command.upgrade(config, "0006")
        connection.exec_driver_sql(CAPTION, (2, "2"))
        connection.exec_driver_sql("UPDATE captions SET confidence = 0.25 WHERE id = 2")
        query = "SELECT id, text, confidence FROM captions ORDER BY id"
        rows = connection.exec_driver_sql(query).all()
        assert [tuple(row) for row in rows] == [(1, "A dog.", None), (2, "A dog.", 0.25)]
        command.downgrade(config, "0005")
        rows = connection.exec_driver_sql("SELECT id, text FROM captions ORDER BY id").all()
        assert [tuple(row) for row in rows] == [(1, "A dog."), (2, "A dog.")]
    engine.dispose()
