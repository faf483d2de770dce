from datetime import UTC, datetime, timedelta
from typing import Any

from bot.figures.backlog import UNFINISHED, backlog
from bot.storage import Database
from bot.storage.tables import CAPTIONED, QUEUED

ALICE = 1001


async def test_nothing_waits(database: Database, filler: Any) -> None:
    await filler.photo_sent(ALICE)
    found = await backlog(database)
    assert found.jobs == dict.fromkeys(UNFINISHED, 0)
    assert found.oldest_wait == timedelta(0)


async def test_what_is_not_finished_waits(database: Database, filler: Any) -> None:
    now = datetime.now(UTC)
    for minutes, state in ((1, QUEUED), (2, QUEUED), (3, CAPTIONED), (9, "failed")):
        await filler.photo_sent(ALICE, state=state, received_at=now - timedelta(minutes=minutes))
    found = await backlog(database, now)
    assert (found.jobs[QUEUED], found.jobs[CAPTIONED]) == (2, 1)
    assert found.oldest_wait == timedelta(minutes=3)
