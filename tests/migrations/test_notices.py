"""What people had been told is still known after 0004, and after going back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine

from bot.storage.revisions import migration_config

ALICE, BOB, ADMIN = 1001, 1002, 1003
USAGE = [
    (ALICE, "2026-11-22", 3, True),
    (ALICE, "2026-11-23", 5, True),
    (ALICE, "2026-11-23T09:41", 2, True),
    (BOB, "2026-11-23", 4, False),
    (BOB, "2026-11-23 refused", 0, True),
    (ADMIN, "2026-11-24 digest", 0, True),
]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    with engine.begin() as connection:
        config = migration_config(connection)
        command.upgrade(config, "0003")
        for row in USAGE:
            connection.exec_driver_sql(
                "INSERT INTO usage (user_id, window, photos, told) VALUES (?, ?, ?, ?)", row
            )
        yield connection
    engine.dispose()


def rows(connection: Connection, query: str) -> set[tuple[object, ...]]:
    return {tuple(row) for row in connection.exec_driver_sql(query)}


def test_notices_have_a_table_of_their_own(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "0004")
    assert rows(connection, "SELECT user_id, what, until FROM notices") == {
        (ALICE, "day_limit", "2026-11-24 00:00:00.000000"),
        (ALICE, "minute_limit", "2026-11-23 09:42:00.000000"),
        (BOB, "refusal", "2026-11-24 00:00:00.000000"),
        (ADMIN, "digest", "2026-11-25 00:00:00.000000"),
    }
    assert rows(connection, "SELECT user_id, window, photos FROM usage") == {
        (user_id, window, photos) for user_id, window, photos, _told in USAGE if photos
    }


def test_the_way_back_forgets_only_what_is_over(connection: Connection) -> None:
    config = migration_config(connection)
    command.upgrade(config, "0004")
    command.downgrade(config, "0003")
    found = rows(connection, "SELECT user_id, window, photos, told FROM usage")
    assert found == {(ALICE, "2026-11-22", 3, False), *USAGE[1:]}
    command.upgrade(config, "0004")
    assert len(rows(connection, "SELECT * FROM notices")) == 4
