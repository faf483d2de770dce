"""`caption-train curate`: a dataset that trainings read, its papers, and nothing by halves."""

import hashlib
import json
import re
import stat
from html import unescape
from pathlib import Path

import pytest
from feedback_exports import ExportBuilder, photo, sha256
from typer.testing import CliRunner, Result

from training.__main__ import app
from training.datasets import DatasetError, load_dataset
from training.datasets.decisions import DROP, FIX, Decision, Decisions
from training.datasets.own import load_preferences
from training.prepare import prepare
from training.prepared import load_split

PHOTOS = 40


@pytest.fixture
def builder() -> ExportBuilder:
    builder = ExportBuilder()
    for number in range(PHOTOS):
        builder.caption(photo(number), f"A dog with {number} legs.", up=(1, 2, 3))
        builder.caption(photo(number), "A cat.", down=(1, 2))
        builder.correction(photo(number), f"The dog number {number} runs over grass.", 4 + number)
    builder.correction(photo(0), "Call +7 912 345 67 89 <now>", 3)
    builder.correction(photo(1), "A capybara on the grass", 3)
    return builder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["curate", *map(str, arguments)])


def curate(builder: ExportBuilder, folder: Path) -> Path:
    out = folder / "dataset"
    result = run(builder.write(folder / "export.zip"), "--out", out)
    assert result.exit_code == 0, result.output
    return out


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_dataset_is_read_like_any_other(builder: ExportBuilder, tmp_path: Path) -> None:
    out = curate(builder, tmp_path)
    records = [record for split in ("train", "dev", "test") for record in load_dataset(out, split)]
    assert len(records) == PHOTOS
    for record in records:
        assert record.image.read_bytes() in builder.photos.values()
        assert len(record.weights) == len(record.captions) >= 2
        assert all(0.5 < weight <= 1 for weight in record.weights)
    preferences = [
        pair for split in ("train", "dev", "test") for pair in load_preferences(out, split)
    ]
    assert {pair.rejected for pair in preferences} == {"A cat."}
    assert {pair.name for pair in preferences} == {record.name for record in records}
    assert all(pair.image.is_file() and 0.5 <= pair.weight <= 1 for pair in preferences)
    prepare([out], tmp_path / "prepared", min_count=1)
    assert len(load_split(tmp_path / "prepared", "train")) > PHOTOS / 2


def test_the_manifest_accounts_for_everything(builder: ExportBuilder, tmp_path: Path) -> None:
    out = curate(builder, tmp_path)
    manifest = json.loads((out / "manifest.json").read_text())
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    papers = {"manifest.json", "report.html"}
    assert {*manifest["files"], *papers} == set(snapshot(out))
    kept = sum(manifest["kept"].values())
    assert kept + sum(manifest["dropped"].values()) == len(builder.lines)
    assert manifest["dropped"] == {"disliked": PHOTOS, "personal data": 1}
    assert sum(split["captions"] for split in manifest["splits"].values()) == kept
    (export,) = manifest["exports"]
    assert export["sha256"] == sha256((tmp_path / "export.zip").read_bytes())
    assert export["exported_at"] == builder.exported_at
    assert stat.S_IMODE(out.stat().st_mode) == 0o700  # other people's photos


def test_the_same_export_gives_the_same_bytes(builder: ExportBuilder, tmp_path: Path) -> None:
    export = builder.write(tmp_path / "export.zip")
    written = []
    for name in ("first", "second"):
        assert run(export, "--out", tmp_path / name).exit_code == 0
        written.append(snapshot(tmp_path / name))
    assert written[0] == written[1]


def test_the_report(builder: ExportBuilder, tmp_path: Path) -> None:
    page = (curate(builder, tmp_path) / "report.html").read_text()
    assert "http" not in page
    assert "345 67 89" not in page
    text = unescape(re.sub(r"<[^>]*>", " ", page))
    assert "personal data" in text
    assert "capybara" in text
    assert page.count("data:image/jpeg;base64,") >= 12
    assert re.search(r"The dog number \d+ runs over grass\.", text)
    assert re.search(r"What became of \d+ texts", text)


def test_a_second_dataset_replaces_the_first_and_keeps_its_review(
    builder: ExportBuilder, tmp_path: Path
) -> None:
    out = curate(builder, tmp_path)
    first, second, third = load_dataset(out, "train")[:3]
    decisions = {
        (first.name, first.captions[0]): Decision(DROP),
        (second.name, second.captions[0]): Decision(FIX, "A fixed dog."),
        (third.name, third.captions[0]): Decision(DROP),
    }
    Decisions(decisions).save(out)
    forgotten = third.name.removeprefix("photos/")
    builder.lines = [line for line in builder.lines if not line["image"].endswith(forgotten)]
    curate(builder, tmp_path)
    records = {record.name: record for record in load_dataset(out, "train")}
    assert records[first.name].captions == first.captions[1:]
    assert len(records[first.name].weights) == len(first.weights) - 1
    assert records[second.name].captions == ("A fixed dog.", *second.captions[1:])
    assert third.name not in records
    assert forgotten not in (out / "review.json").read_text()


def test_nothing_is_written_when_something_is_wrong(builder: ExportBuilder, tmp_path: Path) -> None:
    out = curate(builder, tmp_path)
    before = snapshot(tmp_path)
    broken = ExportBuilder("2027-01-01T00:00:00+00:00")
    broken.correction(photo(1), "A dog.", 1)
    broken.lines[0]["person"] = "Alice"
    path = broken.write(tmp_path / "broken.zip")
    result = run(tmp_path / "export.zip", path, "--out", out)
    assert result.exit_code != 0
    assert "broken.zip, feedback.jsonl, line 1" in str(result.exception)
    path.unlink()
    assert snapshot(tmp_path) == before

    empty = ExportBuilder()
    empty.caption(photo(1), "A dog runs.")
    path = empty.write(tmp_path / "empty.zip")
    result = run(path, "--out", tmp_path / "new")
    assert "no caption is left to learn from (liked by too few: 1)" in str(result.exception)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "dataset",
        "empty.zip",
        "export.zip",
    ]


def test_other_folders_are_left_alone(builder: ExportBuilder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"mine")
    result = run(builder.write(tmp_path / "export.zip"), "--out", tmp_path / "photos")
    assert "holds something else" in str(result.exception)
    assert (tmp_path / "photos" / "holiday.jpg").read_bytes() == b"mine"


def test_photos_of_a_held_out_dataset_are_left_out(builder: ExportBuilder, tmp_path: Path) -> None:
    judged = tmp_path / "judged"
    judged.mkdir()
    (judged / "a.jpg").write_bytes(photo(5, quality=70))
    (judged / "captions.json").write_text(
        json.dumps([{"image": "a.jpg", "captions": ["A dog."], "split": "dev"}])
    )
    out = tmp_path / "dataset"
    export = builder.write(tmp_path / "export.zip")
    assert run(export, "--out", out, "--held-out", judged).exit_code == 0
    assert sha256(photo(5)) not in (out / "captions.json").read_text()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["dropped"]["held-out photo"] == 2
    (judged / "captions.json").write_text("{}")
    result = run(export, "--out", out, "--held-out", judged)
    assert isinstance(result.exception, DatasetError)
