"""What is deleted when its time is over, and what stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.feedback.kept_photos import KeptPhotos
from bot.people.notices import Told, end_of_day, tell_once
from bot.people.retention import Retention
from bot.storage import Database
from bot.storage.tables import (
    QUEUED,
    Base,
    Caption,
    Conversation,
    Correction,
    Job,
    Notice,
    Photo,
    Rating,
    Usage,
    User,
)

ALICE, BOB = 1001, 1002
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=31), NOW - timedelta(days=29)


@pytest.fixture
def retention(database: Database, tmp_path: Path) -> Retention:
    return Retention(database, KeptPhotos(tmp_path / "photos"), days=30)


async def last_seen(database: Database, moment: datetime) -> None:
    async with database.write() as session:
        await session.execute(update(User).values(last_seen_at=moment))


async def rate(database: Database, sent: Any, moment: datetime, who: int = ALICE) -> None:
    async with database.write() as session:
        session.add(Rating(user_id=who, caption_id=sent.caption_ids[0], value=1, updated_at=moment))


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {
            table.name: (await session.scalar(select(func.count()).select_from(table))) or 0
            for table in Base.metadata.sorted_tables
        }


async def test_all_that_is_old_goes_with_its_files(
    retention: Retention, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE, received_at=OLD, kept_name="abc.jpg")
    await rate(database, sent, OLD)
    async with database.write() as session:
        session.add_all(
            [
                Correction(user_id=ALICE, photo_id=sent.photo_id, text="A cat.", updated_at=OLD),
                Conversation(user_id=ALICE, chat_id=ALICE, job_id=sent.job_id, created_at=OLD),
            ]
        )
    await last_seen(database, OLD)

    assert await retention.sweep(NOW) == 2, "a photo and a person"
    assert set((await counts(database)).values()) == {0}
    assert list((tmp_path / "photos").iterdir()) == []
    assert await retention.sweep(NOW) == 0


async def test_what_is_used_stays(retention: Retention, database: Database, filler: Any) -> None:
    recent = await filler.photo_sent(ALICE, received_at=NEW)
    rated = await filler.photo_sent(ALICE, received_at=OLD, kept_name="abc.jpg")
    await rate(database, rated, NEW)
    waiting = await filler.photo_sent(ALICE, received_at=OLD, state=QUEUED)
    await filler.photo_sent(ALICE, received_at=OLD)
    await last_seen(database, NEW)

    assert await retention.sweep(NOW) == 1
    async with database.read() as session:
        kept = set(await session.scalars(select(Job.id)))
        photo = await session.get_one(Photo, rated.photo_id)
        assert await session.get(User, ALICE) is not None
    assert kept == {recent.job_id, rated.job_id, waiting.job_id}
    assert photo.kept_name == "abc.jpg"


async def test_a_photo_that_comes_again_outlives_its_first_message(
    retention: Retention, database: Database, filler: Any, tmp_path: Path
) -> None:
    first = await filler.photo_sent(ALICE, received_at=OLD, kept_name="abc.jpg")
    again = await filler.photo_sent(BOB, same_as=first, received_at=NEW)
    await rate(database, first, OLD)
    await last_seen(database, NEW)

    await retention.sweep(NOW)
    async with database.read() as session:
        assert (await session.scalars(select(Job.id))).all() == [again.job_id]
        assert len((await session.scalars(select(Caption.id))).all()) == 2
        assert (await session.scalars(select(Rating.value))).all() == []
        assert (await session.get_one(Photo, first.photo_id)).kept_name is None
    assert list((tmp_path / "photos").iterdir()) == [], "nobody's rating needs the file"


async def test_an_album_goes_as_a_whole(
    retention: Retention, database: Database, filler: Any
) -> None:
    lead, follower = [await filler.photo_sent(ALICE, received_at=OLD) for _ in range(2)]
    async with database.write() as session:
        (await session.get_one(Job, follower.job_id)).lead_id = lead.job_id
    await rate(database, follower, NEW)

    assert await retention.sweep(NOW) == 0
    assert (await counts(database))["jobs"] == 2
    await retention.sweep(NOW + timedelta(days=5))
    assert (await counts(database))["jobs"] == 0


async def test_more_than_one_batch_is_swept(
    retention: Retention, database: Database, filler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.people.retention.BATCH", 2)
    for _ in range(5):
        await filler.photo_sent(ALICE, received_at=OLD)
    assert await retention.sweep(NOW) == 5
    assert (await counts(database))["jobs"] == 0


async def test_without_a_period_only_past_counts_and_notices_go(
    database: Database, filler: Any
) -> None:
    await filler.photo_sent(ALICE, received_at=OLD - timedelta(days=4000))
    windows = ["2026-03-09", "2026-03-09T12:00", "2026-03-10T11:59"]
    current = ["2026-03-10", "2026-03-10T12:00"]
    async with database.write() as session:
        session.add_all(Usage(user_id=ALICE, window=name) for name in (*windows, *current))
        await tell_once(session, ALICE, Told.REFUSAL, NOW)
        await tell_once(session, ALICE, Told.DIGEST, end_of_day(NOW))
    assert await Retention(database, KeptPhotos(Path("photos")), days=None).sweep(NOW) == 0
    async with database.read() as session:
        assert sorted(await session.scalars(select(Usage.window))) == current
        assert list(await session.scalars(select(Notice.what))) == [Told.DIGEST]
        assert len((await session.scalars(select(Job.id))).all()) == 1
