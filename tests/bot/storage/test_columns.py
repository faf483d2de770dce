"""What the column types store, and what they give back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Dialect, select, text
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import StatementError

from bot.storage import Database
from bot.storage.columns import Names, UtcDateTime
from bot.storage.tables import User

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def sqlite() -> Dialect:
    return dialect()


async def test_a_moment_comes_back_in_utc(database: Database) -> None:
    in_moscow = NOON.astimezone(timezone(timedelta(hours=3)))
    async with database.write() as session:
        session.add(User(id=1, last_seen_at=in_moscow))
    async with database.read() as session:
        assert "12:00" in str(await session.scalar(text("SELECT last_seen_at FROM users")))
        found = await session.scalar(select(User.last_seen_at))
    assert found == NOON
    assert found is not None
    assert found.tzinfo is UTC


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        async with database.write() as session:
            session.add(User(id=1, last_seen_at=NOON.replace(tzinfo=None)))


def test_what_is_not_there_is_none_in_every_column(sqlite: Dialect) -> None:
    for column in (UtcDateTime(), Names()):
        assert column.process_bind_param(None, sqlite) is None
        assert column.process_result_value(None, sqlite) is None


@pytest.mark.parametrize("names", [(), ("resnet34-lstm",), ("b", "a")])
def test_names_come_back_in_their_order(names: tuple[str, ...], sqlite: Dialect) -> None:
    stored = Names().process_bind_param(names, sqlite)
    assert stored == ",".join(names)
    assert Names().process_result_value(stored, sqlite) == names


@pytest.mark.parametrize("names", ["resnet34-lstm", ("a,b",), ("a", "")])
def test_names_that_would_come_back_as_others_are_refused(
    names: tuple[str, ...], sqlite: Dialect
) -> None:
    with pytest.raises(ValueError, match="name"):
        Names().process_bind_param(names, sqlite)
