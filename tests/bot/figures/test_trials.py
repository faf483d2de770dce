"""What is compared of versions on trial, from a database with a history."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.figures.sequential import MAX_RATINGS, MIN_PEOPLE
from bot.figures.trials import Trials, Verdict
from bot.queue.versions import Versions
from bot.storage import Database
from bot.storage.tables import Caption, Job, Rating, utc_now
from bot.storage.versions import ModelVersion, Trial

RESNET = "resnet34-lstm"
OWN, CANDIDATE = "1", "2"


@pytest.fixture
async def trials(database: Database, tmp_path: Path) -> Trials:
    async with database.write() as session:
        version = ModelVersion(model=RESNET, version=CANDIDATE, sha256="ab")
        session.add(version)
        await session.flush()
        began = utc_now() - timedelta(days=3)
        session.add(Trial(model=RESNET, version_id=version.id, percent=20, began_at=began))
    return Trials(database, Versions(database, tmp_path, {RESNET: OWN}))


async def rated(
    database: Database,
    filler: Any,
    user_id: int,
    value: int,
    version: str = OWN,
    *,
    received_at: datetime | None = None,
    created_at: datetime | None = None,
) -> None:
    sent = await filler.photo_sent(user_id, models=(RESNET,))
    (caption_id,) = sent.caption_ids
    async with database.write() as session:
        (await session.get_one(Caption, caption_id)).version = version
        if received_at is not None:
            await session.execute(
                update(Job).where(Job.id == sent.job_id).values(received_at=received_at)
            )
        rating = Rating(user_id=user_id, caption_id=caption_id, value=value)
        if created_at is not None:
            rating.created_at = created_at
        session.add(rating)


async def test_without_a_trial_nothing_is_compared(database: Database, tmp_path: Path) -> None:
    versions = Versions(database, tmp_path, {RESNET: OWN})
    assert await Trials(database, versions).compare() == ()


async def test_the_versions_are_compared_by_people(
    trials: Trials, database: Database, filler: Any
) -> None:
    for person in range(MIN_PEOPLE):
        await rated(database, filler, 1 + person, -1)
        await rated(database, filler, 101 + person, 1, CANDIDATE)
    (found,) = await trials.compare()
    assert (found.model, found.percent) == (RESNET, 20)
    assert (found.current.version, found.current.people, found.current.share) == (OWN, 10, 0)
    assert (found.candidate.version, found.candidate.share) == (CANDIDATE, 1)
    assert found.candidate.interval == pytest.approx((0.722467, 1.0), abs=1e-5)
    assert found.verdict is Verdict.BETTER
    assert found.difference is not None
    assert found.difference.estimate == 1


async def test_too_few_people_are_no_verdict(
    trials: Trials, database: Database, filler: Any
) -> None:
    for _ in range(30):
        await rated(database, filler, 1, -1)
        await rated(database, filler, 101, 1, CANDIDATE)
    (found,) = await trials.compare()
    assert (found.verdict, found.difference) == (Verdict.TOO_FEW, None)
    # Nor does anybody count for many.
    assert (found.candidate.people, found.candidate.total) == (1, MAX_RATINGS)


async def test_what_came_before_the_trial_or_from_another_version_does_not_count(
    trials: Trials, database: Database, filler: Any
) -> None:
    before = utc_now() - timedelta(days=4)
    await rated(database, filler, 1, 1, received_at=before)
    await rated(database, filler, 2, 1, created_at=before)
    await rated(database, filler, 3, 1, "0")
    await rated(database, filler, 4, 1)
    (found,) = await trials.compare()
    assert (found.current.people, found.candidate.people) == (1, 0)


@pytest.mark.parametrize(("value", "verdict"), [(1, Verdict.OPEN), (-1, Verdict.WORSE)])
async def test_verdicts(
    trials: Trials, database: Database, filler: Any, value: int, verdict: Verdict
) -> None:
    for person in range(MIN_PEOPLE):
        await rated(database, filler, 1 + person, 1)
        await rated(database, filler, 101 + person, value, CANDIDATE)
    (found,) = await trials.compare()
    assert found.verdict is verdict
