"""What /health finds in a database and on disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import SmallCaptioner
from troubled_database import Lock, shorten_busy_timeout

from bot.figures.health import Health
from bot.queue.models import Models
from bot.queue.version_watch import Unusable
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.engine import is_sqlite
from bot.storage.revisions import newest_revision
from bot.storage.tables import CAPTIONED, FAILED, QUEUED, RUNNING, Job

ALICE = 1001
UNUSABLE = (Unusable("resnet34-lstm", "2", "its file is missing", "1"),)


def health_of(database: Database, tmp_path: Path, *, working: bool = True) -> Health:
    return Health(
        database,
        tmp_path,
        tmp_path / "photos",
        Models({"resnet34-lstm": SmallCaptioner("resnet34-lstm")}),
        lambda: UNUSABLE,
        lambda: working,
    )


async def test_a_new_bot_is_well(database: Database, tmp_path: Path) -> None:
    now = datetime.now(UTC) + timedelta(minutes=5)
    found = await health_of(database, tmp_path).check(now)
    assert (found.queued, found.in_work, found.unshown, found.failed_in_a_day) == (0, 0, 0, 0)
    assert (found.oldest_wait, found.since_answer) == (None, None)
    assert (found.kept_photos, found.kept_bytes) == (0, 0)
    assert found.models == {"resnet34-lstm": "1"}
    assert (found.trials, found.unusable) == ({}, UNUSABLE)
    assert (found.database, found.revision) == (database.url.get_backend_name(), newest_revision())
    if is_sqlite(database.url):
        assert found.database_bytes == (tmp_path / "bot.db").stat().st_size
    else:
        assert found.database_bytes > 1_000_000
    assert found.free_bytes > 0
    assert not found.is_slow
    assert timedelta(minutes=4) < found.uptime <= timedelta(minutes=5)
    assert found.working


async def test_the_queue_and_how_long_it_is(
    database: Database, tmp_path: Path, filler: Any
) -> None:
    now = datetime.now(UTC)
    for state, minutes in ((QUEUED, 2), (QUEUED, 7), (RUNNING, 1), (CAPTIONED, 30)):
        received = now - timedelta(minutes=minutes)
        await filler.photo_sent(ALICE, state=state, received_at=received)
    await filler.photo_sent(ALICE, received_at=now - timedelta(minutes=9), seconds=60)
    for days in (0.5, 2):
        await filler.photo_sent(
            ALICE, state=FAILED, failure="download", received_at=now - timedelta(days=days)
        )
    found = await health_of(database, tmp_path).check(now)
    assert (found.queued, found.in_work, found.unshown) == (2, 1, 1)
    assert found.oldest_wait == timedelta(minutes=7)
    assert found.since_answer == timedelta(minutes=8)
    assert found.failed_in_a_day == 1
    assert found.is_slow


async def test_kept_photos_are_counted_on_disk(
    database: Database, tmp_path: Path, filler: Any
) -> None:
    await filler.photo_sent(ALICE, kept_name="one.jpg")
    await filler.photo_sent(ALICE, kept_name="two.jpg")
    found = await health_of(database, tmp_path).check()
    assert (found.kept_photos, found.kept_bytes) == (2, 2 * len(b"pixels"))


async def test_a_worker_that_has_stopped_is_not_well(database: Database, tmp_path: Path) -> None:
    found = await health_of(database, tmp_path, working=False).check()
    assert not found.working


async def test_a_database_that_cannot_be_written_can_be_asked_about(
    database: Database, tmp_path: Path, filler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_busy_timeout(monkeypatch)
    await filler.photo_sent(ALICE)
    lock = await Lock.on(database.url)
    await database.close()  # for connections with the shorter timeout
    with pytest.raises(DatabaseUnavailableError):
        await filler.photo_sent(ALICE)
    found = await health_of(database, tmp_path).check()
    assert found.trouble is not None
    assert "lock" in found.trouble.cause
    lock.release()


async def test_a_folder_where_no_photo_can_be_kept_is_told(
    database: Database, tmp_path: Path
) -> None:
    assert (await health_of(database, tmp_path).check()).keeping_trouble is None
    (tmp_path / "photos").rmdir()
    (tmp_path / "photos").write_text("notes")
    assert (await health_of(database, tmp_path).check()).keeping_trouble == "File exists"


async def test_a_photo_that_waits_for_its_senders_next_minute_is_not_late(
    database: Database, tmp_path: Path, filler: Any
) -> None:
    now = datetime.now(UTC)
    sent = await filler.photo_sent(ALICE, state=QUEUED, received_at=now - timedelta(minutes=9))
    async with database.write() as session:
        (await session.get_one(Job, sent.job_id)).run_after = now + timedelta(seconds=30)
    assert (await health_of(database, tmp_path).check(now)).oldest_wait is None
    later = await health_of(database, tmp_path).check(now + timedelta(minutes=1))
    assert later.oldest_wait == timedelta(seconds=30)
