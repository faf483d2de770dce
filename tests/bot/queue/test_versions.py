"""What can be decided about versions, and what is refused in a line."""

import asyncio
from pathlib import Path

import pytest
from version_files import MOBILENET, RESNET, checkpoint_file, quick_load

from bot.queue.standings import Standing
from bot.queue.versions import (
    Change,
    MissingFileError,
    OutdatedError,
    VersionError,
    Versions,
)
from bot.storage import Database

OWN = {RESNET: "0.4.0", MOBILENET: "0.6.0"}


@pytest.fixture
def versions(database: Database, tmp_path: Path) -> Versions:
    return Versions(database, tmp_path / "models", OWN)


async def add(versions: Versions, folder: Path, version: str, model: str | None = None) -> None:
    source = checkpoint_file(folder / f"{version}.safetensors", version)
    await versions.add(source, model, quick_load)


async def standing_of(versions: Versions, model: str = MOBILENET) -> Standing:
    return next(it for it in await versions.standings() if it.model == model)


def named(change: Change) -> tuple[str, str, str]:
    return change.model, change.now.name, change.before.name


async def refusal(action: object) -> str:
    with pytest.raises(VersionError) as caught:
        await action  # type: ignore[misc]
    line = str(caught.value)
    assert "\n" not in line
    return line


async def test_an_added_version_does_not_answer_yet(versions: Versions, tmp_path: Path) -> None:
    source = checkpoint_file(tmp_path / "file.safetensors")
    model, version = await versions.add(source, load=quick_load)
    assert (model, version.name) == (MOBILENET, "0.7.0")
    assert version.path is not None
    assert version.path.read_bytes() == source.read_bytes()
    standing = await standing_of(versions)
    assert [it.name for it in standing.versions] == ["0.6.0", "0.7.0"]
    assert standing.current.name == "0.6.0"
    # The same again changes nothing.
    assert await versions.add(source, load=quick_load) == (model, version)
    assert await standing_of(versions) == standing


async def test_another_file_of_the_same_version_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    await add(versions, tmp_path, "0.7.0")
    other = checkpoint_file(tmp_path / "other.safetensors", name="other")
    assert "other weights" in await refusal(versions.add(other, MOBILENET, quick_load))
    bundled = checkpoint_file(tmp_path / "bundled.safetensors", "0.6.0")
    assert "other weights" in await refusal(versions.add(bundled, None, quick_load))
    assert "no such" not in await refusal(versions.add(tmp_path / "none", None, quick_load))
    assert len(list((tmp_path / "models").iterdir())) == 1


async def test_promoting_and_going_back_step_by_step(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    await add(versions, tmp_path, "0.8.0")
    assert named(await versions.promote(MOBILENET, "0.7.0")) == (MOBILENET, "0.7.0", "0.6.0")
    assert named(await versions.promote(MOBILENET, "0.8.0")) == (MOBILENET, "0.8.0", "0.7.0")
    assert [it.name for it in (await standing_of(versions)).promoted] == ["0.8.0", "0.7.0", "0.6.0"]
    assert named(await versions.roll_back()) == (MOBILENET, "0.7.0", "0.8.0")
    assert named(await versions.promote(MOBILENET, "bundled")) == (MOBILENET, "0.6.0", "0.7.0")
    assert named(await versions.roll_back()) == (MOBILENET, "0.7.0", "0.6.0")
    assert named(await versions.roll_back()) == (MOBILENET, "0.6.0", "0.7.0")
    assert "No promotion" in await refusal(versions.roll_back())


async def test_the_last_promotion_of_any_model_is_taken_back_unless_one_is_named(
    versions: Versions, tmp_path: Path
) -> None:
    await add(versions, tmp_path, "0.7.0")
    await versions.promote(MOBILENET, "0.7.0")
    assert "No promotion" in await refusal(versions.roll_back(RESNET))
    assert named(await versions.roll_back()) == (MOBILENET, "0.6.0", "0.7.0")


async def test_what_cannot_be_promoted(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    assert RESNET in await refusal(versions.promote("resnet", "0.7.0"))
    assert "0.6.0, 0.7.0" in await refusal(versions.promote(MOBILENET, "0.9.0"))
    assert "0.4.0" in await refusal(versions.promote(RESNET, "0.7.0"))
    assert "already" in await refusal(versions.promote(MOBILENET, "0.6.0"))
    for file in (tmp_path / "models").iterdir():
        file.unlink()
    with pytest.raises(MissingFileError, match=r"put mobilenet-attention-0\.7\.0-"):
        await versions.promote(MOBILENET, "0.7.0")
    assert (await standing_of(versions)).current.name == "0.6.0"


async def test_who_decides_has_seen_what_is(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    await add(versions, tmp_path, "0.8.0")
    seen = (await standing_of(versions)).last_promotion
    await versions.promote(MOBILENET, "0.7.0", seen=seen)
    with pytest.raises(OutdatedError):
        await versions.promote(MOBILENET, "0.8.0", seen=seen)
    seen = (await standing_of(versions)).last_promotion
    await versions.roll_back(MOBILENET, seen=seen)
    with pytest.raises(OutdatedError):
        await versions.roll_back(MOBILENET, seen=seen)


async def test_a_trial_begins_changes_and_ends(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    assert await versions.share("0.7.0", 20) == MOBILENET
    first = (await standing_of(versions)).trial
    assert first is not None
    assert (first.version.name, first.percent) == ("0.7.0", 20)
    # The same again goes on; another share begins anew.
    await versions.share("0.7.0", 20)
    assert (await standing_of(versions)).trial == first
    await versions.share("0.7.0", 50)
    second = (await standing_of(versions)).trial
    assert second is not None
    assert second.began_at > first.began_at
    await versions.share("0.7.0", 0)
    assert (await standing_of(versions)).trial is None
    assert "not on trial" in await refusal(versions.share("0.7.0", 0))


async def test_what_cannot_be_tried(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    for percent in (-1, 100, 1000):
        assert "no share" in await refusal(versions.share("0.7.0", percent))
    assert "no version '0.9.0'" in await refusal(versions.share("0.9.0", 5))
    assert "everybody already" in await refusal(versions.share("0.6.0", 5))
    assert "--model" in await refusal(versions.share("bundled", 5))
    assert "0.4.0" in await refusal(versions.share("0.7.0", 5, RESNET))


async def test_a_promotion_or_going_back_ends_the_trial(versions: Versions, tmp_path: Path) -> None:
    await add(versions, tmp_path, "0.7.0")
    await versions.share("0.7.0", 20)
    await versions.promote(MOBILENET, "0.7.0")
    assert (await standing_of(versions)).trial is None
    await versions.share("bundled", 20, MOBILENET)
    await versions.roll_back()
    assert (await standing_of(versions)).trial is None


async def test_commands_at_the_same_time_leave_one_state(
    database: Database, tmp_path: Path
) -> None:
    """As several processes: each with a connection of its own."""
    databases = [Database(database.url) for _ in range(3)]
    several = [Versions(it, tmp_path / "models", OWN) for it in databases]
    source = checkpoint_file(tmp_path / "file.safetensors")
    added = await asyncio.gather(*(it.add(source, load=quick_load) for it in several))
    assert len({version.id for _model, version in added}) == 1
    results = await asyncio.gather(
        *(it.promote(MOBILENET, "0.7.0") for it in several), return_exceptions=True
    )
    assert sorted(type(it).__name__ for it in results) == ["Change", *["VersionError"] * 2]
    assert [it.name for it in (await standing_of(several[0])).promoted] == ["0.7.0", "0.6.0"]
    for it in databases:
        await it.close()


async def test_an_update_of_the_package_changes_what_is_bundled(
    database: Database, versions: Versions, tmp_path: Path
) -> None:
    await add(versions, tmp_path, "0.7.0")
    await versions.promote(MOBILENET, "0.7.0")
    updated = Versions(database, tmp_path / "models", OWN | {MOBILENET: "0.7.0"})
    standing = await standing_of(updated)
    assert standing.current.id is not None, "what was promoted goes on answering"
    assert standing.named("0.7.0") == standing.current
    assert "tell them apart" in await refusal(updated.share("bundled", 5, MOBILENET))
    assert (await updated.roll_back()).now.id is None
