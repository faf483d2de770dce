"""How it stands with versions, as rows of the database say."""

from pathlib import Path

from bot.queue.standings import BUNDLED, load_standings
from bot.storage import Database
from bot.storage.tables import utc_now
from bot.storage.versions import ModelVersion, Promotion, Trial

OWN = {"one": "1.0", "two": "2.0"}


async def test_a_new_bot_answers_with_what_the_package_has(
    database: Database, tmp_path: Path
) -> None:
    async with database.read() as session:
        one, two = await load_standings(session, tmp_path, OWN)
    assert [(it.model, it.current.name) for it in (one, two)] == [("one", "1.0"), ("two", "2.0")]
    assert (one.previous, one.trial, one.last_promotion) == (None, None, 0)
    assert one.named(BUNDLED) == one.named("1.0") == one.with_id(None) == one.current


async def test_what_was_taken_back_does_not_count(database: Database, tmp_path: Path) -> None:
    async with database.write() as session:
        added = [ModelVersion(model="one", version=it, sha256=it * 20) for it in ("1.1", "1.2")]
        session.add_all(added)
        await session.flush()
        first, second = (it.id for it in added)
        session.add_all(
            [
                Promotion(model="one", version_id=first),
                Promotion(model="one", version_id=second, taken_back_at=utc_now()),
                Promotion(model="two", version_id=None),
                Trial(model="one", version_id=second, percent=5),
            ]
        )
    async with database.read() as session:
        one, two = await load_standings(session, tmp_path, OWN)
    assert [it.name for it in one.promoted] == ["1.1", "1.0"]
    assert one.previous == one.versions[0]
    assert one.trial is not None
    assert (one.trial.version.name, one.trial.percent) == ("1.2", 5)
    assert one.current.path == tmp_path / "one-1.1-1.11.11.11.1.safetensors"
    assert one.named("1.2") == one.with_id(second)
    assert one.named("9") is None
    assert one.with_id(999) is None
    assert [it.name for it in two.promoted] == ["2.0", "2.0"]
