"""Takes up what was decided about versions while the bot runs: no restart, and no photo is lost.

A version is loaded beside those that answer; then it takes over, and what was begun with another
one ends with that one. A version that cannot be loaded changes nothing: the one before it goes on,
or the package's own after a start. It is tried again when its file has changed.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.queue.models import Candidate, CaptionerLike, Models
from bot.queue.standings import Standing, Version
from bot.queue.version_files import LoadFile, VersionFileError, load_file, open_version
from bot.queue.versions import Versions
from bot.storage.availability import DatabaseUnavailableError

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
"""How often the database is asked: a change made on the command line is noticed that soon."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A version that shall answer, and cannot."""

    model: str
    version: str
    cause: str
    instead: str
    """The version that answers."""


@dataclass(frozen=True, slots=True)
class _Failure:
    cause: str
    file: tuple[int, int] | None
    """What the file was like; None when there was none."""


class VersionWatch:
    """Brings what answers in line with what is decided."""

    def __init__(self, versions: Versions, models: Models, load: LoadFile = load_file) -> None:
        self._versions = versions
        self._models = models
        self._load = load
        self._loaded: dict[int, CaptionerLike] = {}
        self._failures: dict[int, _Failure] = {}
        self._wake = asyncio.Event()
        self.unusable: tuple[Unusable, ...] = ()
        """The versions that shall answer, and cannot."""

    def wake(self) -> None:
        """Something was decided."""
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            # Not wait_for: until Python 3.12 it loses a cancellation that meets a wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.refresh()
            except DatabaseUnavailableError:
                continue  # said once, by the database
            except Exception:
                logger.exception("The versions of the models could not be looked at")

    async def refresh(self) -> None:
        """Look now, and load what is needed.

        Raises:
            DatabaseUnavailableError: nothing can be read; what answers goes on.
        """
        standings = await self._versions.standings()
        current: dict[str, CaptionerLike] = {}
        candidates: dict[str, Candidate] = {}
        unusable: list[Unusable] = []
        for standing in standings:
            captioner, version = await self._first_usable(standing)
            current[standing.model] = captioner
            wanted = [standing.current]
            trial = standing.trial
            if trial is not None:
                on_trial = await self._captioner(standing.model, trial.version)
                if on_trial is not None:
                    candidates[standing.model] = Candidate(on_trial, trial.percent)
                wanted.append(trial.version)
            unusable += (
                Unusable(standing.model, it.name, self._failures[it.id].cause, version.name)
                for it in wanted
                if it.id in self._failures
            )
        self._serve(current, candidates)
        self.unusable = tuple(unusable)
        in_use = {id(it) for it in (*current.values(), *(c.captioner for c in candidates.values()))}
        self._loaded = {key: it for key, it in self._loaded.items() if id(it) in in_use}

    async def _first_usable(self, standing: Standing) -> tuple[CaptionerLike, Version]:
        for version in standing.promoted:
            captioner = await self._captioner(standing.model, version)
            if captioner is not None:
                return captioner, version
        raise AssertionError("the package's own version is the last, and loaded")

    async def _captioner(self, model: str, version: Version) -> CaptionerLike | None:
        """A version, loaded; None when it cannot be."""
        if version.id is None or version.path is None:
            return self._models.own[model]
        loaded = self._loaded.get(version.id)
        if loaded is not None:
            return loaded
        file = await asyncio.to_thread(_look_at, version.path)
        failure = self._failures.get(version.id)
        if failure is not None and failure.file == file:
            return None
        try:
            captioner = await asyncio.to_thread(
                open_version, version.path, version.sha256, self._load
            )
        except VersionFileError as error:
            logger.error("%s %s cannot answer: %s", model, version.name, error)
            self._failures[version.id] = _Failure(str(error), file)
            return None
        self._failures.pop(version.id, None)
        self._loaded[version.id] = captioner
        return captioner

    def _serve(self, current: dict[str, CaptionerLike], candidates: dict[str, Candidate]) -> None:
        before, trials_before = self._models.versions, self._models.trials
        self._models.serve(current, candidates)
        for model, version in self._models.versions.items():
            if version != before[model]:
                logger.info("%s %s answers now, instead of %s", model, version, before[model])
        for model, (version, percent) in self._models.trials.items():
            if trials_before.get(model) != (version, percent):
                logger.info("%s %s answers %d %% of the people now", model, version, percent)
        for model, (version, _percent) in trials_before.items():
            if model not in self._models.trials:
                logger.info("The trial of %s %s is over", model, version)


def _look_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
