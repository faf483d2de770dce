"""What a forgotten person said is in no dataset made of later exports, as /privacy promises."""

import asyncio
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from feedback_exports import photo, sha256

from bot.feedback.export import Exports
from bot.feedback.kept_photos import KeptPhotos
from bot.people.privacy import Privacy
from bot.storage import Database
from bot.storage.tables import Correction, Rating
from training.feedback.curate import curate
from training.feedback.curated import Rules
from training.feedback.export_reader import read_export
from training.feedback.text_filters import Reason

ALICE, BOB = 1001, 1002
ALICES, BOBS = "A brown dog runs on the beach.", "A red cat sits on the sofa."
WORDS = "a brown red dog cat runs sits on the beach sofa".split()
EVERYTHING = Rules(min_likes=1)


@pytest.fixture
def exports(database: Database, tmp_path: Path) -> Exports:
    return Exports(database, tmp_path / "photos", tmp_path)


async def said(
    database: Database, filler: Any, folder: Path, user_id: int, number: int, text: str
) -> str:
    """Somebody sends a photo, likes a caption of it and writes a better one; its hash."""
    content = photo(number)
    digest = sha256(content)
    sent = await filler.photo_sent(user_id, kept_name=f"{digest}.jpg")
    await asyncio.to_thread((folder / "photos" / f"{digest}.jpg").write_bytes, content)
    async with database.write() as session:
        session.add(Rating(user_id=user_id, caption_id=sent.caption_ids[0], value=1))
        session.add(Correction(user_id=user_id, photo_id=sent.photo_id, text=text))
    return digest


async def test_later_exports_and_their_datasets_are_without_them(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    of_alice = await said(database, filler, tmp_path, ALICE, 1, ALICES)
    of_bob = await said(database, filler, tmp_path, BOB, 2, BOBS)
    paths = [tmp_path / f"{name}.zip" for name in ("before", "after", "latest")]
    await exports.write(paths[0])
    first = read_export(paths[0])
    assert {it.sha256 for it in curate([first], WORDS, EVERYTHING).photos} == {of_alice, of_bob}

    await Privacy(database, KeptPhotos(tmp_path / "photos")).forget(ALICE)
    await exports.write(paths[1])
    later = read_export(paths[1])
    assert of_alice not in later.photos
    assert {line.sha256 for line in (*later.captions, *later.corrections)} == {of_bob}

    # Nor does naming the old export, in whatever order, bring them back.
    await exports.write(paths[2], with_photos=False)
    for order in permutations([first, later, read_export(paths[2])]):
        dataset = curate(order, WORDS, EVERYTHING)
        assert [it.sha256 for it in dataset.photos] == [of_bob]
        kept = [caption.text for it in dataset.photos for caption in it.captions]
        assert ALICES not in kept
        assert BOBS in kept
        gone = {it.text for it in dataset.dropped if it.reason is Reason.GONE}
        assert ALICES in gone
        assert len(dataset.people) == 1


async def test_the_newest_export_is_the_one_that_began_last(
    exports: Exports, database: Database, filler: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    """One that began before somebody was forgotten may end after one that began later."""
    await said(database, filler, tmp_path, ALICE, 1, ALICES)
    await said(database, filler, tmp_path, BOB, 2, BOBS)
    is_read, may_end = asyncio.Event(), asyncio.Event()
    add_page = exports._add_page

    def slowly(*arguments: Any) -> None:
        add_page(*arguments)
        loop.call_soon_threadsafe(is_read.set)
        asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(60)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(exports, "_add_page", slowly)
    slow = asyncio.create_task(exports.write(tmp_path / "slow.zip"))
    await is_read.wait()
    monkeypatch.undo()
    await Privacy(database, KeptPhotos(tmp_path / "photos")).forget(ALICE)
    await exports.write(tmp_path / "quick.zip")
    may_end.set()
    await slow
    both = [read_export(tmp_path / f"{name}.zip") for name in ("slow", "quick")]
    assert ALICES in {line.text for line in both[0].corrections}
    dataset = curate(both, WORDS, EVERYTHING)
    assert ALICES not in {it.text for photo in dataset.photos for it in photo.captions}
