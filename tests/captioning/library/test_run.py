"""Runs over a library: once, again, after a kill, and with what is in the way."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from captioning.caption import Caption
from captioning.library.finding import Photo, Skipped, find_photos
from captioning.library.journal import LibraryError
from captioning.library.records import Sidecar
from captioning.library.run import Outcome, Plan, report, run


@dataclass
class Model:
    """Says how red a photo is."""

    name: str = "small"
    title: str = "Small"
    version: str = "1.0"
    fingerprint: str = "abc"
    seen: list[str] = field(default_factory=list)
    stops_at: int | None = None

    def caption(self, photos: list[Photo]) -> None:
        for photo in photos:
            if len(self.seen) == self.stops_at:
                raise KeyboardInterrupt
            assert photo.image is not None
            self.seen.append(Path(photo.name).name)
            text = f"Red {photo.image.getpixel((0, 0))[0]}."  # type: ignore[index]
            photo.captions.append(
                Caption(text, ("red",), (0.5,), -1.0, None, self.name, self.version, confidence=0.5)
            )


def library(folder: Path, count: int = 5) -> Path:
    folder.mkdir()
    for number in range(count):
        paint(folder / f"{number}.png", 10 * number)
    return folder


def paint(path: Path, red: int) -> None:
    Image.new("RGB", (8, 6), (red, 0, 0)).save(path)


def go(folder: Path, plan: Plan, model: Model, batch_size: int = 2) -> Outcome:
    told: list[int] = []
    photos = list(find_photos([str(folder)], Skipped()))
    outcome = run(photos, plan, [model], model.caption, None, told.append, batch_size)  # type: ignore[list-item]
    if not outcome.left:
        assert sum(told) == len(photos)
    return outcome


def texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as file:
        return [row["small"] or row["error"] for row in csv.DictReader(file)]


def test_captions_every_photo_into_every_output(tmp_path: Path) -> None:
    folder, model = library(tmp_path / "photos"), Model()
    (folder / "2.png").write_bytes(b"")
    outputs = [tmp_path / f"out.{kind}" for kind in ("csv", "jsonl", "txt", "html")]
    outcome = go(folder, Plan(outputs), model)
    assert (outcome.captioned, outcome.failed) == (4, 1)
    assert texts(outputs[0]) == ["Red 0.", "Red 10.", "The file is empty.", "Red 30.", "Red 40."]
    assert len(outputs[1].read_text().splitlines()) == 5
    assert outputs[3].read_text().count('src="data:image/webp') == 4
    assert report(outcome)[-1].count("out.") == 4


def test_a_second_run_captions_only_what_is_new(tmp_path: Path) -> None:
    folder, plan = library(tmp_path / "photos"), Plan([tmp_path / "out.csv"])
    go(folder, plan, Model())
    paint(folder / "2.png", 200)
    os.utime(folder / "2.png", ns=(1, 1))
    paint(folder / "10.png", 100)
    (folder / "0.png").unlink()
    model = Model()
    outcome = go(folder, plan, model)
    assert model.seen == ["10.png", "2.png"]
    assert (outcome.captioned, outcome.known) == (2, 3)
    assert texts(plan.outputs[0]) == ["Red 10.", "Red 100.", "Red 200.", "Red 30.", "Red 40."]


def test_a_run_that_is_stopped_writes_what_it_has_and_goes_on(tmp_path: Path) -> None:
    folder, plan = library(tmp_path / "photos"), Plan([tmp_path / "out.csv"])
    outcome = go(folder, plan, Model(stops_at=3))
    assert outcome.left == 3
    assert texts(plan.outputs[0]) == ["Red 0.", "Red 10."]
    assert "3 are left" in report(outcome)[0]
    model = Model()
    assert go(folder, plan, model).left == 0
    assert model.seen == ["2.png", "3.png", "4.png"]
    assert len(texts(plan.outputs[0])) == 5


def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    folder, output = library(tmp_path / "photos"), tmp_path / "out.csv"
    script = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_run import Model, Plan, go
class Mortal(Model):
    def caption(self, photos):
        if len(self.seen) >= 2:
            os.kill(os.getpid(), signal.SIGKILL)
        super().caption(photos)
go(Path({str(folder)!r}), Plan([Path({str(output)!r})]), Mortal())
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    model = Model()
    go(folder, Plan([output]), model)
    assert model.seen == ["2.png", "3.png", "4.png"]
    assert len(texts(output)) == 5


def test_another_version_is_not_mixed_in_silently(tmp_path: Path) -> None:
    folder, output = library(tmp_path / "photos", 1), tmp_path / "out.csv"
    go(folder, Plan([output]), Model())
    before = output.read_bytes()
    with pytest.raises(LibraryError, match=r"small 1\.0.*small 2\.0"):
        go(folder, Plan([output]), Model(version="2.0"))
    assert output.read_bytes() == before
    model = Model(version="2.0")
    go(folder, Plan([output], restart=True), model)
    assert model.seen == ["0.png"]


def test_a_gallery_that_is_added_later_captions_nothing_again(tmp_path: Path) -> None:
    folder, output = library(tmp_path / "photos"), tmp_path / "out.csv"
    go(folder, Plan([output]), Model())
    gallery, model = tmp_path / "gallery.html", Model()
    outcome = go(folder, Plan([output, gallery]), model)
    assert model.seen == []
    assert outcome.known == 5
    assert gallery.read_text().count('src="data:image/webp') == 5


@pytest.mark.parametrize("kinds", [[Sidecar.TXT], [Sidecar.XMP], [Sidecar.TXT, Sidecar.XMP]])
def test_captions_beside_the_photos(tmp_path: Path, kinds: Sequence[Sidecar]) -> None:
    folder = library(tmp_path / "photos", 3)
    plan = Plan([tmp_path / "out.csv"], kinds)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert go(folder, plan, Model()).not_written == 0
    names = {Sidecar.TXT: "1.txt", Sidecar.XMP: "1.png.xmp"}
    for kind in kinds:
        assert "Red 10." in (folder / names[kind]).read_text(encoding="utf-8")
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert len(list(folder.iterdir())) == 3 + 3 * len(kinds)
    # A changed photo gets new ones, in place of those of this command.
    paint(folder / "1.png", 250)
    os.utime(folder / "1.png", ns=(1, 1))
    assert go(folder, plan, Model()).not_written == 0
    for kind in kinds:
        assert "Red 250." in (folder / names[kind]).read_text(encoding="utf-8")


def test_what_others_wrote_beside_a_photo_is_kept_and_told_once(tmp_path: Path) -> None:
    folder = library(tmp_path / "photos", 2)
    (folder / "1.txt").write_text("my notes")
    plan = Plan([tmp_path / "out.csv"], [Sidecar.TXT])
    outcome = go(folder, plan, Model())
    assert (folder / "1.txt").read_text() == "my notes"
    assert outcome.kept == [(str(folder / "1.png"), "1.txt is there already, and is kept.")]
    assert (folder / "0.txt").read_text() == "Red 0.\n"
    again = go(folder, plan, Model())
    assert (again.known, again.not_written) == (2, 0)


def test_a_photo_with_its_caption_inside_is_not_captioned_again(tmp_path: Path) -> None:
    folder = library(tmp_path / "photos", 2)
    plan = Plan([tmp_path / "out.csv"], embed=True)
    go(folder, plan, Model())
    assert b"Red 10." in (folder / "1.png").read_bytes()
    model = Model()
    assert go(folder, plan, model).known == 2
    assert model.seen == []


def test_an_output_that_cannot_be_written_loses_no_caption(tmp_path: Path) -> None:
    folder, output = library(tmp_path / "photos", 2), tmp_path / "out.csv"
    go(folder, Plan([output]), Model())
    output.unlink()
    output.mkdir()
    with pytest.raises(LibraryError, match="cannot be written"):
        go(folder, Plan([output]), Model())
    output.rmdir()
    model = Model()
    go(folder, Plan([output]), model)
    assert model.seen == []


def test_what_cannot_be_done_is_told_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"\.csv, \.jsonl"):
        Plan([tmp_path / "out.docx"])
    with pytest.raises(LibraryError, match="no such folder"):
        Plan([tmp_path / "absent" / "out.csv"])
    with pytest.raises(LibraryError, match="standard input"):
        run([Photo("-")], Plan([tmp_path / "out.csv"]), [], lambda _: None, None, print, 2)


def test_every_photo_has_one_line_however_often_it_is_named(tmp_path: Path) -> None:
    folder, output, model = library(tmp_path / "photos", 2), tmp_path / "out.jsonl", Model()
    photos = [*find_photos([str(folder), str(folder / "1.png")], Skipped())]
    run(photos, Plan([output]), [model], model.caption, None, lambda _: None, 2)  # type: ignore[list-item]
    assert [json.loads(line)["file"][-5:] for line in output.read_text().splitlines()] == [
        "0.png",
        "1.png",
    ]
