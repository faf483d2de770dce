import shutil
from pathlib import Path

from sqlalchemy import create_engine

from bot.storage.revisions import current_revision, known_revisions, newest_revision


def test_a_database_has_one_of_the_known_revisions(empty_database: Path, tmp_path: Path) -> None:
    assert newest_revision() == max(known_revisions())
    shutil.copy(empty_database, tmp_path / "bot.db")
    for name, revision in (("bot.db", newest_revision()), ("empty.db", None)):
        engine = create_engine(f"sqlite:///{tmp_path / name}")
        with engine.connect() as connection:
            assert current_revision(connection) == revision
        engine.dispose()
