"""Versions of models side by side: which there are, which answers, and which is on trial.

`captionbot models` and /models change it here; a running bot notices (`bot.queue.version_watch`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue import version_files
from bot.queue.standings import Standing, Version, load_standings
from bot.queue.version_files import LoadFile, VersionFileError, load_file
from bot.storage import Database
from bot.storage.tables import utc_now
from bot.storage.versions import ModelVersion, Promotion, Trial


class VersionError(Exception):
    """What was asked of versions cannot be done; the text says why and what to do."""


class OutdatedError(VersionError):
    """Something else was promoted since whoever asks looked."""


class MissingFileError(VersionError):
    """The file of a version is not where it was put."""


@dataclass(frozen=True, slots=True)
class Change:
    """What came of a promotion, or of going back."""

    model: str
    now: Version
    before: Version


class Versions:
    """The versions of the models in a database, whose files lie in `folder`.

    `own` names the package's own version of each model.
    """

    def __init__(self, database: Database, folder: Path, own: Mapping[str, str]) -> None:
        self._database = database
        self._folder = folder
        self._own = own

    async def standings(self) -> tuple[Standing, ...]:
        """How it stands with each model, in their order."""
        async with self._database.read() as session:
            return await self._standings(session)

    async def add(
        self, source: Path, model: str | None = None, load: LoadFile = load_file
    ) -> tuple[str, Version]:
        """Take a file in as a version of a model, which does not answer yet.

        Args:
            model: of which model it is a version; the one on its card when None.

        Returns:
            The model and the version. The same file again changes nothing.

        Raises:
            VersionError: the file cannot be used, or there is another version of that name.
        """
        try:
            file = await asyncio.to_thread(
                version_files.take_in, source, self._folder, model=model, load=load
            )
        except VersionFileError as error:
            raise VersionError(str(error)) from None
        name, path = (
            file.version,
            version_files.path_of(self._folder, file.model, file.version, file.sha256),
        )
        try:
            async with self._database.write() as session:
                standing = _find(await self._standings(session), file.model)
                known = standing.named(name)
                if known is not None and known.sha256 == file.sha256:
                    return file.model, known
                if known is not None:
                    raise VersionError(
                        f"There is a version {known.name} of {file.model} already, which has other "
                        f"weights than {source}; publish these under another version."
                    )
                session.add(ModelVersion(model=file.model, version=name, sha256=file.sha256))
        except VersionError:
            path.unlink(missing_ok=True)
            raise
        standing = _find(await self.standings(), file.model)
        added = standing.named(name)
        assert added is not None, "it was just stored"
        return file.model, added

    async def promote(self, model: str, name: str, *, seen: int | None = None) -> Change:
        """Let a version answer everybody; a trial of the model ends.

        Args:
            name: of the version; BUNDLED for the package's own.
            seen: the `last_promotion` that whoever decides has seen; None does not matter.

        Raises:
            OutdatedError: something else was promoted since.
            MissingFileError: its file is not there.
            VersionError: there is no such version, or it answers already.
        """
        async with self._database.write() as session:
            standing = _find(await self._standings(session), model)
            _check_seen(standing, seen)
            version = _named(standing, name)
            if version == standing.current:
                raise VersionError(f"{model} {version.name} answers already.")
            _check_file(standing.model, version)
            session.add(Promotion(model=model, version_id=version.id))
            await session.execute(delete(Trial).where(Trial.model == model))
            return Change(model, version, standing.current)

    async def roll_back(self, model: str | None = None, *, seen: int | None = None) -> Change:
        """Take back the last promotion, of a model or of all; a trial of that model ends.

        Raises:
            OutdatedError: something else was promoted since (see `promote`).
            VersionError: there is no promotion to take back.
        """
        async with self._database.write() as session:
            standings = await self._standings(session)
            if model is None:
                standing = max(standings, key=lambda it: it.last_promotion)
            else:
                standing = _find(standings, model)
            _check_seen(standing, seen)
            if standing.previous is None:
                whose = f"of {model}" if model else "of any model"
                raise VersionError(f"No promotion {whose} is left that could be taken back.")
            promotion = await session.get_one(Promotion, standing.last_promotion)
            promotion.taken_back_at = utc_now()
            await session.execute(delete(Trial).where(Trial.model == standing.model))
            return Change(standing.model, standing.previous, standing.current)

    async def share(self, name: str, percent: int, model: str | None = None) -> str:
        """Let a version answer `percent` % of the people; 0 ends its trial.

        Args:
            model: whose version it is; needed where several models have one of that name.

        Returns:
            The model.

        Raises:
            VersionError: there is no such version, it answers everybody, its file is missing, or
                the share is impossible.
        """
        if not 0 <= percent < 100:
            raise VersionError(
                f"{percent} % is no share: name 1 to 99, or 0 to end the trial; "
                "`captionbot models promote` lets a version answer everybody."
            )
        async with self._database.write() as session:
            standing, version = _only(await self._standings(session), name, model)
            trial = await session.get(Trial, standing.model)
            if percent == 0:
                if trial is None or trial.version_id != version.id:
                    raise VersionError(f"{standing.model} {version.name} is not on trial.")
                await session.delete(trial)
                return standing.model
            if version == standing.current:
                raise VersionError(
                    f"{standing.model} {version.name} answers everybody already; "
                    "a trial is of another version."
                )
            if version.name == standing.current.name:
                raise VersionError(
                    f"{standing.model} {version.name} is what the version that answers is called "
                    "too, so no figures could tell them apart; publish one under another version."
                )
            _check_file(standing.model, version)
            if trial is None:
                trial = Trial(model=standing.model)
                session.add(trial)
            elif (trial.version_id, trial.percent) == (version.id, percent):
                return standing.model
            trial.version_id, trial.percent, trial.began_at = version.id, percent, utc_now()
            return standing.model

    async def _standings(self, session: AsyncSession) -> tuple[Standing, ...]:
        return await load_standings(session, self._folder, self._own)


def _find(standings: Sequence[Standing], model: str) -> Standing:
    found = next((it for it in standings if it.model == model), None)
    if found is None:
        names = ", ".join(it.model for it in standings)
        raise VersionError(f"There is no model {model!r}; there are {names}.")
    return found


def _named(standing: Standing, name: str) -> Version:
    version = standing.named(name)
    if version is None:
        names = ", ".join(it.name for it in standing.versions)
        raise VersionError(
            f"There is no version {name!r} of {standing.model}; there are {names}. "
            "`captionbot models add FILE` adds one."
        )
    return version


def _only(standings: Sequence[Standing], name: str, model: str | None) -> tuple[Standing, Version]:
    """The version of a name, among those of a model or of all."""
    if model is not None:
        standing = _find(standings, model)
        return standing, _named(standing, name)
    found = [(it, version) for it in standings if (version := it.named(name)) is not None]
    if not found:
        raise VersionError(
            f"There is no version {name!r} of any model; `captionbot models list` shows them."
        )
    if len(found) > 1:
        models = ", ".join(standing.model for standing, _version in found)
        raise VersionError(f"Several models have a version {name} ({models}): add --model NAME.")
    return found[0]


def _check_seen(standing: Standing, seen: int | None) -> None:
    if seen is not None and seen != standing.last_promotion:
        raise OutdatedError(f"Another version of {standing.model} was promoted in the meantime.")


def _check_file(model: str, version: Version) -> None:
    if version.path is not None and not version.path.is_file():
        raise MissingFileError(
            f"The file of {model} {version.name} is missing; put {version.path.name} back "
            f"into {version.path.parent}."
        )
