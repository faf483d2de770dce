"""The export: what is in it, who is recognisable in it, and what it must never do."""

import asyncio
import hashlib
import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.feedback import export
from bot.feedback.export import Exported, ExportError, Exports, ExportTooLargeError
from bot.storage import Database
from bot.storage.tables import Correction, Photo, Rating
from training.feedback.export_reader import read_export

ALICE, BOB = 700100200, 700100201
SHA, OTHER_SHA = "ab" * 32, "cd" * 32
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def exports(database: Database, tmp_path: Path) -> Exports:
    return Exports(database, tmp_path / "photos", tmp_path)


def records(path: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read("feedback.jsonl").splitlines()]


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


async def rate(database: Database, user_id: int, caption_id: int, value: int) -> None:
    async with database.write() as session:
        session.add(Rating(user_id=user_id, caption_id=caption_id, value=value, updated_at=NOON))


async def correct(database: Database, user_id: int, photo_id: int, text: str) -> None:
    async with database.write() as session:
        session.add(Correction(user_id=user_id, photo_id=photo_id, text=text, updated_at=NOON))


async def test_ratings_corrections_and_the_photo(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE, kept_name=f"{SHA}.jpg")
    await filler.photo_sent(BOB, same_as=sent)
    await filler.photo_sent(BOB)  # nobody said anything about this one
    await rate(database, ALICE, sent.caption_ids[0], 1)
    await rate(database, BOB, sent.caption_ids[0], -1)
    await correct(database, BOB, sent.photo_id, "Ein Hund – mit „Stock“.")

    target = tmp_path / "export.zip"
    assert await exports.write(target) == Exported(captions=2, corrections=1, photos=1)
    assert names(target) == {"feedback.jsonl", "manifest.json", f"photos/{SHA}.jpg"}

    first, second, correction = records(target)
    photo = {
        "photo_id": sent.photo_id,
        "image": f"photos/{SHA}.jpg",
        "sha256": SHA,
        "width": 640,
        "height": 480,
    }
    for record in (first, second, correction):
        assert record.items() >= photo.items()
    assert (first["kind"], first["model"], first["version"]) == ("caption", "resnet34-lstm", "1")
    assert (first["text"], first["options"]) == ("Caption 1 of resnet34-lstm.", "beam=3")
    assert first["confidence"] == 0.9
    assert (first["up"], first["down"]) == (1, 1)
    assert sorted(rating["value"] for rating in first["ratings"]) == [-1, 1]
    assert {rating["at"] for rating in first["ratings"]} == {"2026-03-10T12:00:00+00:00"}
    # The other caption of a photo is there to be compared with.
    assert (second["up"], second["down"], second["ratings"]) == (0, 0, [])
    assert (correction["kind"], correction["text"]) == ("correction", "Ein Hund – mit „Stock“.")
    assert correction["updated_at"] == "2026-03-10T12:00:00+00:00"
    assert correction["person"] in {rating["person"] for rating in first["ratings"]}

    with zipfile.ZipFile(target) as archive:
        assert archive.read(f"photos/{SHA}.jpg") == b"pixels"
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["format"], manifest["captions"], manifest["corrections"]) == (1, 2, 1)
    assert manifest["photos"] == 1


async def test_training_reads_what_the_bot_writes(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"pixels").hexdigest()
    sent = await filler.photo_sent(ALICE, kept_name=f"{digest}.jpg")
    await rate(database, ALICE, sent.caption_ids[0], -1)
    without = await filler.photo_sent(BOB)
    await correct(database, BOB, sent.photo_id, "A dog – with a „stick“.")
    await rate(database, BOB, without.caption_ids[0], 1)
    await exports.write(tmp_path / "export.zip")

    read = read_export(tmp_path / "export.zip")
    assert dict(read.photos) == {digest: b"pixels"}
    assert [caption.sha256 for caption in read.captions] == [digest, digest, None, None]
    assert [[rating.value for rating in caption.ratings] for caption in read.captions] == [
        [-1],
        [],
        [1],
        [],
    ]
    (correction,) = read.corrections
    assert (correction.text, correction.sha256) == ("A dog – with a „stick“.", digest)


async def test_the_document_names_every_field(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE)
    await rate(database, ALICE, sent.caption_ids[0], 1)
    await correct(database, ALICE, sent.photo_id, "Better.")
    await exports.write(tmp_path / "export.zip")
    document = (Path(__file__).parents[3] / "docs" / "export.md").read_text(encoding="utf-8")
    fields = {field for record in records(tmp_path / "export.zip") for field in record}
    assert len(fields) > 10
    assert {field for field in fields if f"`{field}`" not in document} == set()


async def test_people_are_pseudonyms_that_stay_the_same(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE)
    await filler.photo_sent(BOB, same_as=sent)
    await rate(database, ALICE, sent.caption_ids[0], 1)
    await rate(database, BOB, sent.caption_ids[0], 1)
    for number in (1, 2):
        await exports.write(tmp_path / f"{number}.zip")
    again = Exports(database, tmp_path / "photos", tmp_path)  # after a restart
    await again.write(tmp_path / "3.zip")

    people = [
        [rating["person"] for rating in records(tmp_path / f"{number}.zip")[0]["ratings"]]
        for number in (1, 2, 3)
    ]
    assert people[0] == people[1] == people[2]
    assert len(set(people[0])) == 2
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(ALICE).encode() not in everything
    assert (tmp_path / "export.key").stat().st_mode & 0o077 == 0

    # Another bot, another key: nobody can be recognised across the two.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    await Exports(database, tmp_path / "photos", elsewhere).write(tmp_path / "4.zip")
    others = [rating["person"] for rating in records(tmp_path / "4.zip")[0]["ratings"]]
    assert set(others).isdisjoint(people[0])


async def test_a_damaged_key_is_refused(exports: Exports, tmp_path: Path) -> None:
    (tmp_path / "export.key").touch()
    with pytest.raises(ExportError, match="damaged"):
        await exports.write(tmp_path / "export.zip")


async def test_photos_can_be_left_out_or_be_too_large(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE, kept_name=f"{SHA}.jpg")
    await rate(database, ALICE, sent.caption_ids[0], 1)
    with pytest.raises(ExportTooLargeError):
        await exports.write(tmp_path / "large.zip", max_photo_bytes=5)
    assert not (tmp_path / "large.zip").exists()

    await exports.write(tmp_path / "bare.zip", with_photos=False)
    assert names(tmp_path / "bare.zip") == {"feedback.jsonl", "manifest.json"}
    record = records(tmp_path / "bare.zip")[0]
    assert (record["image"], record["sha256"]) == (None, SHA)


async def test_a_name_that_leads_elsewhere_is_not_followed(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    sent = await filler.photo_sent(ALICE, kept_name=f"{SHA}.jpg")
    await rate(database, ALICE, sent.caption_ids[0], 1)
    for name in ("../secret.jpg", str(tmp_path / "secret.jpg"), f"{SHA}.jpg\n"):
        async with database.write() as session:
            (await session.get_one(Photo, sent.photo_id)).kept_name = name
        target = tmp_path / "export.zip"
        await exports.write(target)
        assert names(target) == {"feedback.jsonl", "manifest.json"}
        assert records(target)[0]["image"] is None
        target.unlink()


async def test_a_photo_that_is_gone_is_no_reason_to_fail(
    exports: Exports, database: Database, filler: Any, tmp_path: Path
) -> None:
    for sha in (SHA, OTHER_SHA):
        sent = await filler.photo_sent(ALICE, kept_name=f"{sha}.jpg")
        await rate(database, ALICE, sent.caption_ids[0], 1)
    (tmp_path / "photos" / f"{SHA}.jpg").unlink()
    exported = await exports.write(tmp_path / "export.zip")
    assert (exported.captions, exported.photos) == (4, 1)
    images = [record["image"] for record in records(tmp_path / "export.zip")]
    assert images == [None, None, f"photos/{OTHER_SHA}.jpg", f"photos/{OTHER_SHA}.jpg"]


async def test_many_photos_are_read_in_pages_and_none_is_lost(
    exports: Exports,
    database: Database,
    filler: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    sent = [await filler.photo_sent(ALICE) for _ in range(5)]
    for each in sent:
        await rate(database, ALICE, each.caption_ids[1], -1)
    await exports.write(tmp_path / "export.zip")
    found = [record["photo_id"] for record in records(tmp_path / "export.zip")]
    assert found == [each.photo_id for each in sent for _ in range(2)]


async def test_an_empty_export_is_a_valid_file(exports: Exports, tmp_path: Path) -> None:
    target = tmp_path / "export.zip"
    assert await exports.write(target) == Exported(0, 0, 0)
    assert records(target) == []
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_nothing_is_overwritten(exports: Exports, tmp_path: Path) -> None:
    target = tmp_path / "export.zip"
    target.write_bytes(b"dear to somebody")
    with pytest.raises(ExportError, match="exists already"):
        await exports.write(target)
    assert target.read_bytes() == b"dear to somebody"
    with pytest.raises(ExportError, match="cannot be written"):
        await exports.write(tmp_path / "nowhere" / "export.zip")


async def test_cut_off_it_leaves_nothing_behind(
    exports: Exports,
    database: Database,
    filler: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = await filler.photo_sent(ALICE, kept_name=f"{SHA}.jpg")
    await rate(database, ALICE, sent.caption_ids[0], 1)
    packing = asyncio.Event()
    loop = asyncio.get_running_loop()
    pack = exports._pack

    def announced(*arguments: Any) -> int:
        loop.call_soon_threadsafe(packing.set)
        arguments[-1].wait(30)  # until it is told to stop
        return pack(*arguments)

    monkeypatch.setattr(exports, "_pack", announced)
    folder = tmp_path / "out"
    folder.mkdir()
    writing = asyncio.create_task(exports.write(folder / "export.zip"))
    await packing.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert list(folder.iterdir()) == []
