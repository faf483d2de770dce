"""Exports are read strictly: what is wrong is named by its line, and nothing else is done."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from feedback_exports import ExportBuilder, person, photo, sha256

from training.feedback.export_lines import CaptionLine, CorrectionLine, Rating
from training.feedback.export_reader import ExportError, read_export

DOG = photo(1)


@pytest.fixture
def builder() -> ExportBuilder:
    builder = ExportBuilder()
    builder.caption(DOG, "A dog runs.", up=(1, 2), down=(3,))
    builder.correction(DOG, "A dog – with a „stick“.", 4)
    return builder


def test_lines_and_photos(builder: ExportBuilder, tmp_path: Path) -> None:
    builder.caption(None, "A cat sits.")
    builder.lines.append({"kind": "poem", "text": "of a later version"})
    builder.lines[0]["mood"] = "a field of a later version"
    path = builder.write(tmp_path / "export.zip")
    export = read_export(path)
    digest = sha256(DOG)
    rated, unrated = export.captions
    assert rated == CaptionLine(
        photo_id=1,
        sha256=digest,
        text="A dog runs.",
        model="resnet34-lstm",
        version="1",
        ratings=tuple(
            Rating(person(who), value, "2026-03-10T12:00:00+00:00")
            for who, value in ((1, 1), (2, 1), (3, -1))
        ),
        image=digest,
    )
    assert (unrated.sha256, unrated.image, unrated.ratings) == (None, None, ())
    assert export.corrections == (
        CorrectionLine(1, digest, "A dog – with a „stick“.", person(4), digest),
    )
    assert dict(export.photos) == {digest: DOG}
    assert export.exported_at.isoformat() == "2026-03-10T12:00:00+00:00"
    assert export.sha256 == sha256(path.read_bytes())


def test_a_photo_that_is_not_there_is_no_mistake(builder: ExportBuilder, tmp_path: Path) -> None:
    builder.photos.clear()
    export = read_export(builder.write(tmp_path / "export.zip"))
    assert len(export.captions) == 1
    assert sha256(DOG) not in export.photos


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.pop("text"), "the field 'text' is missing"),
        (lambda line: line.update(text=7), "the field 'text' is no text"),
        (lambda line: line.update(text="\ud800"), "half a character"),
        (lambda line: line.update(photo_id=True), "'photo_id' is no whole number"),
        (lambda line: line.update(person="Alice"), "no pseudonym"),
        (lambda line: line.update(created_at="yesterday"), "'created_at' is no time"),
        (lambda line: line.update(image="../../etc/passwd"), r"etc/passwd', no photo inside"),
        (lambda line: line.update(image="/photos/a.jpg"), "no photo inside the zip"),
        (lambda line: line.update(sha256="ab" * 32), "name different photos"),
        (lambda line: line.update(sha256="AB"), "no SHA-256"),
    ],
)
def test_a_line_that_is_not_as_described(
    builder: ExportBuilder, change: Change, message: str, tmp_path: Path
) -> None:
    change(builder.lines[1])
    with pytest.raises(ExportError, match=rf"export\.zip, feedback\.jsonl, line 2: .*{message}"):
        read_export(builder.write(tmp_path / "export.zip"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.update(up=3), "'up' and the ratings do not agree"),
        (lambda line: line["ratings"][0].update(value=5), "a rating is 5, not 1 or -1"),
        (lambda line: line["ratings"][1].update(person=person(1)), "rated the caption twice"),
        (lambda line: line.update(log_probability=float("nan")), "NaN is no number of JSON"),
        (lambda line: line.update(log_probability=10**400), "'log_probability' is no number"),
        (lambda line: line.update(ratings=None), "'ratings' is no list"),
    ],
)
def test_a_caption_that_is_not_as_described(
    builder: ExportBuilder, change: Change, message: str, tmp_path: Path
) -> None:
    change(builder.lines[0])
    with pytest.raises(ExportError, match=f"line 1: .*{message}"):
        read_export(builder.write(tmp_path / "export.zip"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "expected an object"),
        (b'{"kind": "caption\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"kind": ' + b"1" * 5000 + b"}", "not JSON: a number is too long"),
    ],
)
def test_a_line_that_is_no_object(line: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("feedback.jsonl", b"\n" + line + b"\n")
        manifest = {"format": 1, "exported_at": "2026-03-10", "captions": 0, "corrections": 0}
        archive.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(ExportError, match=f"line 2: {message}"):
        read_export(path)


def test_a_photo_with_another_hash_is_named_by_its_line(
    builder: ExportBuilder, tmp_path: Path
) -> None:
    cat = photo(2)
    builder.caption(cat, "A cat.")
    builder.photos[f"photos/{sha256(cat)}.jpg"] = photo(3)
    with pytest.raises(ExportError, match=r"line 3: its photo .*another SHA-256"):
        read_export(builder.write(tmp_path / "export.zip"))


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"format": 2}, "format 2, and 1 is the one"),
        ({"format": "1"}, "names no format"),
        ({"captions": 7}, r"1 captions, and manifest\.json speaks of 7"),
        ({"corrections": None}, "'corrections' is no whole number"),
        ({"exported_at": 5}, "'exported_at' is no time"),
    ],
)
def test_a_foreign_manifest(
    builder: ExportBuilder, manifest: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=message):
        read_export(builder.write(tmp_path / "export.zip", **manifest))


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "photos\\..\\..\\out", "C:out"])
def test_names_that_lead_out_of_the_zip(builder: ExportBuilder, name: str, tmp_path: Path) -> None:
    path = builder.write(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "gotcha")
    with pytest.raises(ExportError, match="leads out of the zip"):
        read_export(path)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "Hello")
    with pytest.raises(ExportError, match=r"has no manifest\.json: no export"):
        read_export(path)


def test_files_that_are_no_whole_zip(builder: ExportBuilder, tmp_path: Path) -> None:
    path = builder.write(tmp_path / "export.zip")
    content = path.read_bytes()
    with pytest.raises(ExportError, match="is missing"):
        read_export(tmp_path / "missing.zip")
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ExportError, match="no zip file, or not all of it"):
        read_export(path)
    for place in (content.index(b"A dog runs"), content.index(DOG) + len(DOG) // 2):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(ExportError, match=r"export\.zip, .*damaged: export again"):
            read_export(path)
