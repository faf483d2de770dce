"""How it stands with the versions of each model: which there are, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.version_files import path_of
from bot.storage.versions import ModelVersion, Promotion, Trial

BUNDLED = "bundled"
"""What the package's own version is also called, since an update of the package changes its
number."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model."""

    id: int | None
    """None of the package's own."""
    name: str
    """As its card says: "0.7.0"."""
    path: Path | None = None
    """Its file; None of the package's own."""
    sha256: str = ""
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnTrial:
    """The version of a model that answers a share of the people."""

    version: Version
    percent: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The versions of one model, and what was decided about them."""

    model: str
    versions: tuple[Version, ...]
    """The package's own, then those that were added, oldest first."""
    promoted: tuple[Version, ...]
    """The version that shall answer, then those that it is gone back to, one after the other; the
    package's own is the last."""
    last_promotion: int
    """Changes with every promotion, and with going back."""
    trial: OnTrial | None = None

    @property
    def current(self) -> Version:
        """The version that shall answer."""
        return self.promoted[0]

    @property
    def previous(self) -> Version | None:
        """The version that going back leads to; None when nothing was promoted."""
        return self.promoted[1] if len(self.promoted) > 1 else None

    def named(self, name: str) -> Version | None:
        """The version of a name; BUNDLED is the package's own."""
        added = (it for it in self.versions if it.id is not None and it.name == name)
        own = self.versions[0]
        return next(added, own if name in (BUNDLED, own.name) else None)

    def with_id(self, version_id: int | None) -> Version | None:
        return next((it for it in self.versions if it.id == version_id), None)


async def load_standings(
    session: AsyncSession, folder: Path, own: Mapping[str, str]
) -> tuple[Standing, ...]:
    """How it stands with each model, in their order.

    Args:
        folder: where the files of the added versions lie.
        own: the package's own version of each model.
    """
    added = list(await session.scalars(select(ModelVersion).order_by(ModelVersion.id)))
    counting = select(Promotion).where(Promotion.taken_back_at.is_(None))
    promotions = list(await session.scalars(counting.order_by(Promotion.id.desc())))
    trials = {trial.model: trial for trial in await session.scalars(select(Trial))}
    return tuple(
        _standing(
            Version(None, own[model]),
            folder,
            model,
            [it for it in added if it.model == model],
            [it for it in promotions if it.model == model],
            trials.get(model),
        )
        for model in own
    )


def _standing(
    own: Version,
    folder: Path,
    model: str,
    added: Sequence[ModelVersion],
    promotions: Sequence[Promotion],
    trial: Trial | None,
) -> Standing:
    by_id: dict[int | None, Version] = {None: own}
    for it in added:
        path = path_of(folder, model, it.version, it.sha256)
        by_id[it.id] = Version(it.id, it.version, path, it.sha256, it.added_at)
    return Standing(
        model=model,
        versions=tuple(by_id.values()),
        promoted=(*(by_id[it.version_id] for it in promotions), own),
        last_promotion=promotions[0].id if promotions else 0,
        trial=None
        if trial is None
        else OnTrial(by_id[trial.version_id], trial.percent, trial.began_at),
    )
