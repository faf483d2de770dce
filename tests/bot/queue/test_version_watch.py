"""What a running bot makes of decisions: nothing but the newest one that can be loaded answers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import small_models
from talk import eventually
from version_files import MOBILENET, RESNET, checkpoint_file, quick_load

from bot.queue import version_watch
from bot.queue.models import CaptionerLike, Models
from bot.queue.version_watch import VersionWatch
from bot.queue.versions import Versions
from bot.storage import Database


class Bench:
    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.models = Models(small_models())
        self.versions = Versions(database, folder / "models", self.models.versions)
        self.loads: list[str] = []
        self.watch = self.new_watch()

    def new_watch(self) -> VersionWatch:
        return VersionWatch(self.versions, self.models, self.load)

    def load(self, path: Path) -> CaptionerLike:
        captioner: CaptionerLike = quick_load(path)
        self.loads.append(captioner.version)
        return captioner

    async def add(self, version: str) -> Path:
        source = checkpoint_file(self.folder / f"{version}.safetensors", version)
        _model, added = await self.versions.add(source, load=quick_load)
        assert added.path is not None
        return added.path

    @property
    def answering(self) -> str:
        return self.models.versions[MOBILENET]


@pytest.fixture
async def bench(database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(database, tmp_path)
    yield bench
    await bench.models.close()


async def test_what_is_promoted_answers_and_going_back_too(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await bench.add("0.7.0")
    await bench.watch.refresh()
    assert (bench.answering, bench.loads) == ("1", []), "it was only added"
    await bench.versions.promote(MOBILENET, "0.7.0")
    await bench.watch.refresh()
    await bench.watch.refresh()
    assert (bench.answering, bench.loads) == ("0.7.0", ["0.7.0"])
    assert f"{MOBILENET} 0.7.0 answers now, instead of 1" in caplog.text
    assert bench.models.versions[RESNET] == "1"
    await bench.versions.roll_back()
    await bench.watch.refresh()
    assert bench.answering == "1"
    assert bench.watch.unusable == ()


async def test_a_candidate_answers_its_share_beside_the_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await bench.add("0.7.0")
    await bench.versions.share("0.7.0", 50)
    await bench.watch.refresh()
    assert bench.models.trials == {MOBILENET: ("0.7.0", 50)}
    versions = {bench.models.variants(person)[MOBILENET].version for person in range(50)}
    assert versions == {"1", "0.7.0"}
    await bench.versions.share("0.7.0", 0)
    await bench.watch.refresh()
    assert bench.models.trials == {}
    assert "answers 50 % of the people now" in caplog.text
    assert "0.7.0 is over" in caplog.text


async def test_a_version_that_vanished_leaves_the_one_before_answering(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.add("0.7.0")
    path = await bench.add("0.8.0")
    await bench.versions.promote(MOBILENET, "0.7.0")
    await bench.watch.refresh()
    await bench.versions.promote(MOBILENET, "0.8.0")
    content = path.read_bytes()
    path.unlink()
    await bench.watch.refresh()
    await bench.watch.refresh()
    assert bench.answering == "0.7.0"
    (unusable,) = bench.watch.unusable
    assert (unusable.model, unusable.version, unusable.instead) == (MOBILENET, "0.8.0", "0.7.0")
    assert "is missing" in unusable.cause
    assert caplog.text.count("cannot answer") == 1, "said once"
    # As soon as the file is back, it answers.
    path.write_bytes(content)
    await bench.watch.refresh()
    assert (bench.answering, bench.watch.unusable) == ("0.8.0", ())


async def test_a_start_falls_back_as_far_as_it_must(bench: Bench) -> None:
    for version in ("0.7.0", "0.8.0"):
        path = await bench.add(version)
        await bench.versions.promote(MOBILENET, version)
        path.write_bytes(b"damaged")
    await bench.new_watch().refresh()
    assert bench.answering == "1"


async def test_a_candidate_that_cannot_be_loaded_answers_nobody(bench: Bench) -> None:
    path = await bench.add("0.7.0")
    await bench.versions.share("0.7.0", 99)
    path.unlink()
    await bench.watch.refresh()
    assert bench.models.trials == {}
    assert [it.version for it in bench.watch.unusable] == ["0.7.0"]


async def test_it_notices_by_itself_and_outlives_errors(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(version_watch, "CHECK_SECONDS", 0.01)
    standings = bench.versions.standings
    failures = iter([RuntimeError("for once")])

    async def at_first_broken() -> object:
        for failure in failures:
            raise failure
        return await standings()

    monkeypatch.setattr(bench.versions, "standings", at_first_broken)
    running = asyncio.create_task(bench.watch.run())
    await bench.add("0.7.0")
    await bench.versions.promote(MOBILENET, "0.7.0")
    await eventually(lambda: bench.answering == "0.7.0", "it is noticed")
    running.cancel()
    assert "for once" in caplog.text


async def test_a_wake_up_saves_waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_watch, "CHECK_SECONDS", 3600.0)
    running = asyncio.create_task(bench.watch.run())
    await bench.add("0.7.0")
    await bench.versions.promote(MOBILENET, "0.7.0")
    bench.watch.wake()
    await eventually(lambda: bench.answering == "0.7.0", "it is noticed")
    running.cancel()
