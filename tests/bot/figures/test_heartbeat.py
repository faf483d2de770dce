"""The file that says from outside whether the bot does its work."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.figures.heartbeat import FILE, POLL_SECONDS, Heartbeat
from bot.storage import Database
from bot.storage.availability import Trouble


class Bot:
    """What a heart depends on, as a test decides it."""

    def __init__(self, database: Database, path: Path) -> None:
        self.now = 0.0
        self.working = True
        self.heart = Heartbeat(path, database, lambda: self.working, lambda: self.now)


@pytest.fixture
def bot(database: Database, tmp_path: Path) -> Bot:
    return Bot(database, tmp_path / "bot.alive")


async def test_it_beats_while_telegram_answers(bot: Bot) -> None:
    assert not await bot.heart.is_well(), "nothing has come yet"
    bot.heart.polled()
    assert await bot.heart.is_well()
    bot.now = POLL_SECONDS + 1
    assert not await bot.heart.is_well()
    bot.heart.polled()
    assert await bot.heart.is_well()


async def test_with_a_webhook_it_beats_without_a_poll(database: Database, tmp_path: Path) -> None:
    heart = Heartbeat(tmp_path / "bot.alive", database, lambda: True, polls=False)
    assert await heart.is_well()
    heart = Heartbeat(tmp_path / "bot.alive", database, lambda: False, polls=False)
    assert not await heart.is_well()


async def test_a_worker_that_has_stopped_stops_it(bot: Bot) -> None:
    bot.heart.polled()
    bot.working = False
    assert not await bot.heart.is_well()


@pytest.mark.parametrize(("minutes", "well"), [(1, True), (3, False)])
async def test_a_database_may_be_locked_for_a_moment(
    bot: Bot, database: Database, minutes: int, well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.heart.polled()
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    monkeypatch.setattr(database.availability, "trouble", Trouble(since, "database is locked"))
    assert await bot.heart.is_well() is well


async def test_a_database_that_cannot_be_read_stops_it(
    bot: Bot, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> None:
        raise RuntimeError("no such table: jobs")

    bot.heart.polled()
    monkeypatch.setattr(database, "read", read)
    assert not await bot.heart.is_well()


async def test_the_file_is_touched_and_grows_old(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.figures.heartbeat.EVERY_SECONDS", 0.01)
    bot.heart.polled()
    beating = asyncio.create_task(bot.heart.run())
    file = tmp_path / "bot.alive"
    for _ in range(1000):
        if file.exists():
            break
        await asyncio.sleep(0.01)
    assert file.stat().st_mode & 0o777 == 0o600
    bot.working = False
    await asyncio.sleep(0.1)
    last = file.stat().st_mtime_ns
    await asyncio.sleep(0.1)
    assert file.stat().st_mtime_ns == last
    beating.cancel()


def test_the_container_looks_at_it() -> None:
    dockerfile = (Path(__file__).parents[3] / "Dockerfile").read_text(encoding="utf-8")
    assert f"$DATA_DIR/{FILE}" in dockerfile.partition("HEALTHCHECK")[2]
