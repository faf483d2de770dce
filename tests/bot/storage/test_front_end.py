"""One process at a time serves a bot, also where no data folder is shared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from postgresql import PostgreSQLServer
from sqlalchemy import make_url

from bot.storage import front_end
from bot.storage.condition import UnusableDatabaseError
from bot.storage.front_end import AnotherFrontEndError, FrontEnd

BOT_ID = 7_000_000_001


@pytest.fixture
async def first(
    postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FrontEnd]:
    monkeypatch.setattr(front_end, "TAKEOVER_SECONDS", 0.3)
    monkeypatch.setattr(front_end, "LOOK_SECONDS", 0.02)
    first = FrontEnd(postgresql_server.url(), BOT_ID)
    await first.take()
    yield first
    await first.release()


async def test_a_second_one_is_told_of_the_first(
    first: FrontEnd, postgresql_server: PostgreSQLServer
) -> None:
    second = FrontEnd(postgresql_server.url(), BOT_ID)
    with pytest.raises(AnotherFrontEndError, match="stop it"):
        await second.take()
    other_bot = FrontEnd(postgresql_server.url(), BOT_ID + 1)
    await other_bot.take()
    await first.release()
    await second.take()
    for it in (second, other_bot):
        await it.release()


async def test_it_waits_for_one_that_is_about_to_end(
    first: FrontEnd, postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_end, "TAKEOVER_SECONDS", 30)
    second = FrontEnd(postgresql_server.url(), BOT_ID)
    taking = asyncio.create_task(second.take())
    await asyncio.sleep(0.1)
    assert not taking.done()
    await first.release()
    await asyncio.wait_for(taking, 10)
    await second.release()


async def test_a_lock_that_a_restart_has_freed_is_taken_again(
    first: FrontEnd, postgresql_server: PostgreSQLServer
) -> None:
    keeping = asyncio.create_task(first.keep())
    postgresql_server.stop()
    await asyncio.sleep(0.1)
    postgresql_server.start()
    second = FrontEnd(postgresql_server.url(), BOT_ID)
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0.1)
            try:
                await second.take()
            except AnotherFrontEndError:
                break
            await second.release()
    assert not keeping.done()
    keeping.cancel()
    await second.release()


async def test_who_finds_the_lock_taken_meanwhile_ends(
    first: FrontEnd, postgresql_server: PostgreSQLServer
) -> None:
    keeping = asyncio.create_task(first.keep())
    postgresql_server.stop()
    await asyncio.sleep(0.1)
    postgresql_server.start()
    keeping.cancel()  # as if this process had been suspended
    await asyncio.wait((keeping,))
    await first.release()
    second = FrontEnd(postgresql_server.url(), BOT_ID)
    await second.take()
    with pytest.raises(AnotherFrontEndError):
        await asyncio.wait_for(first.keep(), 30)
    await second.release()


async def test_a_server_that_is_away_is_named() -> None:
    away = FrontEnd(make_url("postgresql+asyncpg://me@127.0.0.1:1/captions"), BOT_ID)
    with pytest.raises(UnusableDatabaseError, match=r"127\.0\.0\.1:1 cannot be reached"):
        await away.take()


async def test_with_sqlite_there_is_nothing_to_hold(tmp_path: Path) -> None:
    url = make_url(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    both = [FrontEnd(url, BOT_ID) for _ in range(2)]
    for it in both:
        await it.take()
        await it.release()
    assert not (tmp_path / "bot.db").exists()
