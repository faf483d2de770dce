"""The numbers of /stats, from a database with a history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.stats import Counts, Latency, ModelRatings, Stats
from bot.storage import Database
from bot.storage.tables import FAILED, QUEUED, RUNNING, Rating, User

ALICE, BOB = 1001, 1002
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture
def stats(database: Database) -> Stats:
    return Stats(database)


async def test_a_new_bot_has_counted_nothing(stats: Stats) -> None:
    summary = await stats.summary()
    nothing = Counts(0, 0, 0)
    assert (summary.users, summary.photos, summary.captions) == (nothing, nothing, nothing)
    assert summary.ratings == (
        ModelRatings("resnet34-lstm", 0, 0),
        ModelRatings("mobilenet-attention", 0, 0),
    )
    assert (summary.latency, summary.queue_length, summary.failures) == (None, 0, {})


async def test_photos_and_captions_by_period(stats: Stats, filler: Any) -> None:
    await filler.photo_sent(ALICE, received_at=NOW)
    await filler.photo_sent(ALICE, received_at=NOW - timedelta(hours=13))  # yesterday, in UTC
    await filler.photo_sent(BOB, received_at=YESTERDAY, models=("resnet34-lstm",))
    await filler.photo_sent(BOB, received_at=LONG_AGO)
    await filler.photo_sent(BOB, received_at=NOW, state=QUEUED)

    summary = await stats.summary(NOW)
    assert summary.photos == Counts(2, 4, 5)
    assert summary.captions == Counts(2, 5, 7)


async def test_the_same_photo_sent_twice_is_two_photos(stats: Stats, filler: Any) -> None:
    first = await filler.photo_sent(ALICE, received_at=NOW)
    await filler.photo_sent(BOB, received_at=NOW, same_as=first)
    summary = await stats.summary(NOW)
    assert (summary.photos.today, summary.captions.today) == (2, 4)


async def test_users_count_when_they_were_last_here(
    stats: Stats, database: Database, filler: Any
) -> None:
    for user_id, moment in ((ALICE, NOW), (BOB, YESTERDAY), (1003, LONG_AGO)):
        async with database.write() as session:
            session.add(User(id=user_id, last_seen_at=moment))
    assert (await stats.summary(NOW)).users == Counts(1, 2, 3)


async def test_ratings_are_those_of_a_model(stats: Stats, database: Database, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    also = await filler.photo_sent(BOB)
    async with database.write() as session:
        for user_id, caption_id, value in (
            (ALICE, sent.caption_ids[0], 1),
            (BOB, sent.caption_ids[0], 1),
            (ALICE, also.caption_ids[0], -1),
            (ALICE, also.caption_ids[1], -1),
        ):
            session.add(Rating(user_id=user_id, caption_id=caption_id, value=value))

    resnet, mobilenet = (await stats.summary()).ratings
    assert (resnet, mobilenet) == (
        ModelRatings("resnet34-lstm", 2, 1),
        ModelRatings("mobilenet-attention", 0, 1),
    )
    assert resnet.share == pytest.approx(2 / 3)


async def test_ratings_of_a_retired_model_come_last(
    stats: Stats, database: Database, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, models=("retired",))
    async with database.write() as session:
        session.add(Rating(user_id=ALICE, caption_id=sent.caption_ids[0], value=1))
    models = [ratings.model for ratings in (await stats.summary()).ratings]
    assert models == ["resnet34-lstm", "mobilenet-attention", "retired"]


async def test_latency_is_of_the_last_week_and_of_answers_only(stats: Stats, filler: Any) -> None:
    for seconds in range(1, 21):
        await filler.photo_sent(ALICE, received_at=YESTERDAY, seconds=seconds)
    await filler.photo_sent(ALICE, received_at=LONG_AGO, seconds=500)
    await filler.photo_sent(
        ALICE, received_at=YESTERDAY, seconds=900, state=FAILED, failure="bad_image"
    )
    assert (await stats.summary(NOW)).latency == Latency(p50=10, p95=19)


async def test_who_waits_is_in_the_queue(stats: Stats, filler: Any) -> None:
    for state in (QUEUED, RUNNING, QUEUED, "done"):
        await filler.photo_sent(ALICE, state=state)
    assert (await stats.summary()).queue_length == 3


async def test_failures_by_reason_most_frequent_first(
    stats: Stats, database: Database, filler: Any
) -> None:
    for reason, moment in (
        ("download", NOW),
        ("bad_image", NOW),
        ("bad_image", YESTERDAY),
        ("bad_image", LONG_AGO),
    ):
        await filler.photo_sent(ALICE, state=FAILED, failure=reason, received_at=moment)
    failures = (await stats.summary(NOW)).failures
    assert list(failures.items()) == [
        ("bad_image", Counts(1, 2, 3)),
        ("download", Counts(1, 1, 1)),
    ]
