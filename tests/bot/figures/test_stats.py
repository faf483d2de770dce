"""The numbers of /stats, from a database with a history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.figures import stats as stats_module
from bot.figures.periods import Period, Step
from bot.figures.stats import Latency, Stats, VersionRatings
from bot.storage import Database
from bot.storage.tables import FAILED, QUEUED, RUNNING, Caption, Correction, Rating, User

ALICE, BOB = 1001, 1002
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
LONG_AGO = NOW - timedelta(days=200)
EVERY_PERIOD = tuple(Period)


@pytest.fixture
def stats(database: Database) -> Stats:
    return Stats(database)


async def rate(
    database: Database, user_id: int, caption_id: int, value: int, moment: datetime = NOW
) -> None:
    async with database.write() as session:
        session.add(Rating(user_id=user_id, caption_id=caption_id, value=value, updated_at=moment))


async def of_version(database: Database, caption_id: int, version: str) -> None:
    async with database.write() as session:
        (await session.get_one(Caption, caption_id)).version = version


@pytest.mark.parametrize("period", EVERY_PERIOD)
async def test_a_new_bot_has_counted_nothing(stats: Stats, period: Period) -> None:
    report = await stats.report(period)
    assert (report.photos, report.captions, report.corrections) == (0, 0, 0)
    assert (report.active_people, report.new_people) == (0, 0)
    assert (report.ratings, report.latency, report.failures) == ((), None, {})
    assert report.queue_length == 0
    assert report.bars
    assert {(bar.photos, bar.latency) for bar in report.bars} == {(0, None)}


async def test_photos_and_captions_by_period(stats: Stats, filler: Any) -> None:
    await filler.photo_sent(ALICE, received_at=NOW)
    await filler.photo_sent(ALICE, received_at=NOW - timedelta(hours=23))
    await filler.photo_sent(BOB, received_at=NOW - timedelta(days=2), models=("resnet34-lstm",))
    await filler.photo_sent(BOB, received_at=NOW - timedelta(days=20))
    await filler.photo_sent(BOB, received_at=LONG_AGO)
    await filler.photo_sent(BOB, received_at=NOW, state=QUEUED)

    reports = [await stats.report(period, NOW) for period in EVERY_PERIOD]
    assert [report.photos for report in reports] == [3, 4, 5, 6]
    assert [report.captions for report in reports] == [4, 5, 7, 9]
    assert [sum(bar.photos for bar in report.bars) for report in reports] == [3, 4, 5, 6]


async def test_a_photo_is_in_the_bar_of_its_time(stats: Stats, filler: Any) -> None:
    await filler.photo_sent(ALICE, received_at=NOW, seconds=3)
    await filler.photo_sent(ALICE, received_at=datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC))
    await filler.photo_sent(ALICE, received_at=datetime(2026, 3, 9, tzinfo=UTC), seconds=6)

    report = await stats.report(Period.WEEK, NOW)
    assert report.step is Step.DAY
    assert [bar.photos for bar in report.bars] == [0, 0, 0, 0, 0, 2, 1]
    assert [bar.latency for bar in report.bars][-2:] == [Latency(2, 6), Latency(3, 3)]
    assert report.bars[-1].begin == datetime(2026, 3, 10, tzinfo=UTC)


async def test_the_same_photo_sent_twice_is_two_photos(stats: Stats, filler: Any) -> None:
    first = await filler.photo_sent(ALICE, received_at=NOW)
    await filler.photo_sent(BOB, received_at=NOW, same_as=first)
    report = await stats.report(Period.DAY, NOW)
    assert (report.photos, report.captions) == (2, 4)


async def test_people_count_when_they_were_here(stats: Stats, database: Database) -> None:
    people = ((ALICE, NOW, NOW), (BOB, LONG_AGO, YESTERDAY), (1003, LONG_AGO, LONG_AGO))
    for user_id, came, seen in people:
        async with database.write() as session:
            session.add(User(id=user_id, created_at=came, last_seen_at=seen))
    reports = [await stats.report(period, NOW) for period in EVERY_PERIOD]
    assert [report.active_people for report in reports] == [1, 2, 2, 3]
    assert [report.new_people for report in reports] == [1, 1, 1, 3]


async def test_ratings_are_those_of_a_version_of_a_model(
    stats: Stats, database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    also = await filler.photo_sent(BOB)
    await of_version(database, also.caption_ids[0], "2")
    await rate(database, ALICE, sent.caption_ids[0], 1, YESTERDAY)
    await rate(database, BOB, sent.caption_ids[0], 1, YESTERDAY)
    await rate(database, ALICE, also.caption_ids[0], -1)
    await rate(database, ALICE, also.caption_ids[1], -1)

    ratings = (await stats.report(Period.WEEK, NOW)).ratings
    assert ratings == (
        VersionRatings("resnet34-lstm", "2", 0, 1),
        VersionRatings("resnet34-lstm", "1", 2, 0),
        VersionRatings("mobilenet-attention", "1", 0, 1),
    )
    assert ratings[1].share == 1.0
    assert ratings[1].interval == pytest.approx((0.34238, 1.0), abs=1e-5)


async def test_ratings_and_corrections_count_when_they_were_given(
    stats: Stats, database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, received_at=LONG_AGO)
    await rate(database, ALICE, sent.caption_ids[0], 1, YESTERDAY)
    await rate(database, ALICE, sent.caption_ids[1], 1, LONG_AGO)
    async with database.write() as session:
        photo_id = sent.photo_id
        session.add(Correction(user_id=ALICE, photo_id=photo_id, text="Mine.", updated_at=NOW))
    reports = [await stats.report(period, NOW) for period in EVERY_PERIOD]
    assert [len(report.ratings) for report in reports] == [0, 1, 1, 2]
    assert [report.corrections for report in reports] == [1, 1, 1, 1]


async def test_ratings_of_a_retired_model_come_last(
    stats: Stats, database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, models=("retired", "mobilenet-attention"))
    for caption_id in sent.caption_ids:
        await rate(database, ALICE, caption_id, 1)
    ratings = (await stats.report(Period.WEEK, NOW)).ratings
    assert [it.model for it in ratings] == ["mobilenet-attention", "retired"]


async def test_latency_is_of_the_period_and_of_answers_only(stats: Stats, filler: Any) -> None:
    for seconds in range(1, 21):
        await filler.photo_sent(ALICE, received_at=YESTERDAY, seconds=seconds)
    await filler.photo_sent(ALICE, received_at=LONG_AGO, seconds=500)
    await filler.photo_sent(
        ALICE, received_at=YESTERDAY, seconds=900, state=FAILED, failure="bad_image"
    )
    assert (await stats.report(Period.WEEK, NOW)).latency == Latency(p50=10, p95=19)


async def test_of_many_answers_a_fair_share_is_looked_at(
    stats: Stats, filler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stats_module, "MAX_LATENCIES", 4)
    for _ in range(3):
        await filler.photo_sent(ALICE, received_at=YESTERDAY, seconds=1)
        await filler.photo_sent(ALICE, received_at=YESTERDAY, seconds=1)
        await filler.photo_sent(ALICE, received_at=NOW, seconds=5)
        await filler.photo_sent(ALICE, received_at=NOW, seconds=5)
    latencies = [bar.latency for bar in (await stats.report(Period.WEEK, NOW)).bars]
    assert latencies[-2:] == [Latency(1, 1), Latency(5, 5)]


async def test_who_waits_is_in_the_queue(stats: Stats, filler: Any) -> None:
    for state in (QUEUED, RUNNING, QUEUED, "done"):
        await filler.photo_sent(ALICE, state=state)
    assert (await stats.report(Period.DAY)).queue_length == 3


async def test_failures_by_reason_most_frequent_first(stats: Stats, filler: Any) -> None:
    for reason, moment in (
        ("download", NOW),
        ("bad_image", NOW),
        ("bad_image", YESTERDAY),
        ("bad_image", LONG_AGO),
    ):
        await filler.photo_sent(ALICE, state=FAILED, failure=reason, received_at=moment)
    assert list((await stats.report(Period.WEEK, NOW)).failures.items()) == [
        ("bad_image", 2),
        ("download", 1),
    ]
    assert (await stats.report(Period.ALL, NOW)).failures["bad_image"] == 3


async def test_groups_and_channels_are_no_people(stats: Stats, filler: Any) -> None:
    await filler.photo_sent(ALICE, received_at=NOW)
    await filler.photo_sent(-1001234567890, received_at=NOW)
    report = await stats.report(Period.ALL)
    assert (report.active_people, report.new_people, report.photos) == (1, 1, 2)
