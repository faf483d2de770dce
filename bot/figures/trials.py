"""Versions on trial beside those that answer everybody else: what people think of either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.figures.estimates import wilson_interval
from bot.figures.sequential import MAX_RATINGS, Difference, Tally, difference, share
from bot.queue.standings import Standing
from bot.queue.versions import Versions
from bot.storage import Database
from bot.storage.tables import Answer, Caption, Job, Rating


class Verdict(StrEnum):
    """What the ratings of a trial say so far."""

    TOO_FEW = "too few"
    """People have rated it."""
    OPEN = "open"
    """Neither is shown to be better."""
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two versions, in the ratings that count."""

    version: str
    people: int
    """Who rated."""
    up: int
    total: int
    share: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share, for one look."""
        return wilson_interval(self.up, self.total)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A trial, and what came of it so far."""

    model: str
    current: Arm
    candidate: Arm
    percent: int
    """Of the people, whom the candidate answers."""
    began_at: datetime
    difference: Difference | None
    """Of the candidate's share of 👍 to the current version's; None while too few have rated."""

    @property
    def verdict(self) -> Verdict:
        if self.difference is None:
            return Verdict.TOO_FEW
        if self.difference.low > 0:
            return Verdict.BETTER
        return Verdict.WORSE if self.difference.high < 0 else Verdict.OPEN


class Trials:
    """Compares the versions on trial in a database."""

    def __init__(self, database: Database, versions: Versions) -> None:
        self._database = database
        self._versions = versions

    async def compare(self) -> tuple[Comparison, ...]:
        """Each trial that goes on, in the order of the models.

        What counts is what chance has divided: answers to photos that were sent since the trial
        began, or its share was changed, and ratings given since then.
        """
        standings = await self._versions.standings()
        async with self._database.read() as session:
            return tuple([await _compare(session, it) for it in standings if it.trial is not None])


async def _compare(session: AsyncSession, standing: Standing) -> Comparison:
    trial = standing.trial
    assert trial is not None
    names = (standing.current.name, trial.version.name)
    answered = (
        exists()
        .where(Answer.caption_id == Caption.id, Answer.job_id == Job.id)
        .where(Job.received_at >= trial.began_at)
    )
    rows = await session.execute(
        select(Caption.version, Rating.user_id, Rating.value)
        .join(Caption, Rating.caption_id == Caption.id)
        .where(
            Caption.model == standing.model,
            Caption.version.in_(names),
            Rating.created_at >= trial.began_at,
            answered,
        )
        .order_by(Rating.created_at, Rating.caption_id)
    )
    values: dict[str, dict[int, list[int]]] = {name: {} for name in names}
    for version, user_id, value in rows:
        values[version].setdefault(user_id, []).append(value)
    current, candidate = (_tallies(list(values[name].values())) for name in names)
    return Comparison(
        model=standing.model,
        current=_arm(names[0], current),
        candidate=_arm(names[1], candidate),
        percent=trial.percent,
        began_at=trial.began_at,
        difference=difference(current, candidate),
    )


def _tallies(people: Sequence[Sequence[int]]) -> list[Tally]:
    counted = [values[:MAX_RATINGS] for values in people]
    return [Tally(sum(value > 0 for value in values), len(values)) for values in counted]


def _arm(version: str, tallies: Sequence[Tally]) -> Arm:
    up, total = (sum(getattr(it, name) for it in tallies) for name in ("up", "total"))
    return Arm(version, len(tallies), up, total, share(tallies))
