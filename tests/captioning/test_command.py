import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import captioning
from captioning.__main__ import BATCH_SIZE, app
from captioning.errors import CaptioningError
from captioning.library.finding import MOST_NAMED

NAMES = ["resnet34-lstm", "mobilenet-attention"]


class FakeCaptioner:
    """Says what colour the top left corner of a photo has, and with how wide a beam."""

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise CaptioningError(f"There is no model {name}.")
        self.name, self.title, self.version = name, f"Title of {name}", "1.0"
        self.fingerprint = "abc"
        self.confidence: float | None = 0.9
        self.batches: list[int] = []

    def caption(
        self, images: Sequence[Image.Image], *, beam_size: int | None
    ) -> list[SimpleNamespace]:
        self.batches.append(len(images))
        return [self._caption(image, beam_size) for image in images]

    def _caption(self, image: Image.Image, beam_size: int | None) -> SimpleNamespace:
        words = ("red", str(image.getpixel((0, 0))[0]), "beam", str(beam_size))
        maps = np.full((len(words), 7, 7), 1 / 49, dtype=np.float32)
        return SimpleNamespace(
            model=self.name,
            version=self.version,
            text=" ".join(words).capitalize() + ".",
            words=words,
            log_probability=-2.5,
            confidence=self.confidence,
            attention=maps if "attention" in self.name else None,
        )


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[FakeCaptioner]:
    captioners: list[FakeCaptioner] = []

    def load(name: str, **options: object) -> FakeCaptioner:
        captioners.append(FakeCaptioner(name))
        return captioners[-1]

    monkeypatch.setattr(captioning, "load_captioner", load, raising=False)
    return captioners


def photo(path: Path, red: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (red, 0, 0)).save(path, "PNG")
    return str(path)


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_prints_both_captions_of_each_photo(tmp_path: Path) -> None:
    first, second = photo(tmp_path / "a.png", 10), photo(tmp_path / "b.png", 20)
    result = run(first, second, "--beam", "5")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        first,
        "  Title of resnet34-lstm        Red 10 beam 5.",
        "  Title of mobilenet-attention  Red 10 beam 5.",
        second,
        "  Title of resnet34-lstm        Red 20 beam 5.",
        "  Title of mobilenet-attention  Red 20 beam 5.",
    ]


def test_prints_one_json_object_per_photo(tmp_path: Path) -> None:
    name = photo(tmp_path / "a.png", 10)
    result = run("--json", name)
    assert result.exit_code == 0
    caption = {
        "version": "1.0",
        "text": "Red 10 beam none.",
        "words": ["red", "10", "beam", "None"],
        "log_probability": -2.5,
        "confidence": 0.9,
    }
    assert lines(result) == [
        {"file": name, "captions": [{"model": model} | caption for model in NAMES]}
    ]


def test_says_when_a_model_is_unsure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, **options: object) -> FakeCaptioner:
        model = FakeCaptioner(name)
        model.confidence = 0.1 if name == NAMES[0] else None
        return model

    monkeypatch.setattr(captioning, "load_captioner", load, raising=False)
    name = photo(tmp_path / "a.png", 10)
    _, doubtful, unknown = run(name).stdout.splitlines()
    assert doubtful.endswith("Red 10 beam none.  (unsure)")
    assert unknown.endswith("Red 10 beam none.")
    (line,) = lines(run("--json", name))
    told = [caption["confidence"] for caption in line["captions"]]  # type: ignore[attr-defined]
    assert told == [0.1, None]


def test_captions_the_others_when_one_photo_is_bad(tmp_path: Path) -> None:
    good = photo(tmp_path / "good.png", 10)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not an image")
    absent = str(tmp_path / "absent.jpg")
    result = run(str(bad), absent, good)
    assert result.exit_code == 1
    assert "Red 10" in result.stdout
    assert f"{bad}: This is not an image" in result.stderr
    assert f"{absent}: There is no such file." in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bad_photo_has_its_own_line_of_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    good = photo(tmp_path / "good.png", 10)
    result = run("--json", str(bad), good)
    assert result.exit_code == 1
    assert lines(result)[0] == {"file": str(bad), "error": "The file is empty."}
    assert lines(result)[1]["file"] == good
    assert result.stderr == ""


def test_loads_no_model_when_there_is_nothing_to_caption(
    tmp_path: Path, loaded: list[FakeCaptioner]
) -> None:
    assert run(str(tmp_path / "absent.jpg")).exit_code == 1
    assert loaded == []


def test_walks_folders_in_the_order_of_names(tmp_path: Path) -> None:
    photo(tmp_path / "b" / "1.png", 1)
    photo(tmp_path / "a" / "2.JPG", 2)
    photo(tmp_path / "c.webp", 3)
    photo(tmp_path / ".thumbnails" / "1.png", 4)
    photo(tmp_path / ".hidden.png", 5)
    (tmp_path / "notes.txt").write_text("no photo")
    found = [Path(str(line["file"])) for line in lines(run("--json", str(tmp_path)))]
    assert found == [tmp_path / "c.webp", tmp_path / "a" / "2.JPG", tmp_path / "b" / "1.png"]


def test_lists_what_a_folder_holds_and_is_skipped(tmp_path: Path) -> None:
    photo(tmp_path / "1.png", 1)
    for name in ("scan.tif", "film.mov", ".hidden.txt"):
        (tmp_path / name).write_bytes(b"")
    result = run("--json", str(tmp_path))
    assert result.exit_code == 0
    assert len(lines(result)) == 1
    assert result.stderr.splitlines() == [
        "Skipped, films:",
        f"  {tmp_path / 'film.mov'}",
        "Skipped, pictures of a kind that is not read: save them as JPEG or PNG:",
        f"  {tmp_path / 'scan.tif'}",
    ]


def test_says_which_folders_are_links_and_not_followed(tmp_path: Path) -> None:
    photo(tmp_path / "inside" / "1.png", 1)
    photo(tmp_path / "elsewhere" / "2.png", 1)
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "elsewhere")
    result = run("--json", str(tmp_path / "inside"))
    assert len(lines(result)) == 1
    assert f"  {tmp_path / 'inside' / 'link'}" in result.stderr.splitlines()


def test_counts_what_is_skipped_where_it_is_much(tmp_path: Path) -> None:
    for number in range(MOST_NAMED + 5):
        (tmp_path / f"{number:03}.txt").write_bytes(b"")
    result = run(str(tmp_path))
    assert len(result.stderr.splitlines()) == 1 + 1 + MOST_NAMED + 1
    assert result.stderr.endswith("  and 5 more\n")


def test_says_that_a_folder_is_empty(tmp_path: Path) -> None:
    result = run("--json", str(tmp_path))
    assert result.exit_code == 1
    assert lines(result) == [
        {"file": str(tmp_path), "error": "There are no photos in this folder."}
    ]


def test_reads_standard_input() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (30, 0, 0)).save(buffer, "PNG")
    result = run("--json", "-", stdin=buffer.getvalue())
    assert result.exit_code == 0
    assert lines(result)[0]["file"] == "-"
    assert "Red 30" in result.stdout


def test_captions_many_photos_in_batches_and_in_order(
    tmp_path: Path, loaded: list[FakeCaptioner]
) -> None:
    names = [photo(tmp_path / f"{number:02}.png", number) for number in range(BATCH_SIZE + 3)]
    broken = tmp_path / "05.png"
    broken.write_bytes(b"")
    result = run("--json", str(tmp_path), "--model", "resnet34-lstm")
    assert [line["file"] for line in lines(result)] == names
    assert "error" in lines(result)[5]
    assert "Red 6 " in lines(result)[6]["captions"][0]["text"]
    assert [captioner.batches for captioner in loaded] == [[BATCH_SIZE - 1, 3]]


def test_uses_the_models_that_are_named(tmp_path: Path) -> None:
    name = photo(tmp_path / "a.png", 10)
    result = run("--json", name, "--model", "mobilenet-attention")
    assert [caption["model"] for caption in lines(result)[0]["captions"]] == ["mobilenet-attention"]
    twice = run("--json", name, "--model", NAMES[1], "--model", NAMES[0], "--model", NAMES[1])
    assert [caption["model"] for caption in lines(twice)[0]["captions"]] == NAMES[::-1]


def test_a_model_that_cannot_be_loaded_ends_in_one_line(tmp_path: Path) -> None:
    result = run(photo(tmp_path / "a.png", 10), "--model", "gpt")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["There is no model gpt."]


@pytest.mark.parametrize("beam", ["0", "21", "wide"])
def test_refuses_an_impossible_beam(beam: str) -> None:
    assert run("photo.jpg", "--beam", beam).exit_code == 2


def test_saves_a_drawing_of_the_attention(tmp_path: Path) -> None:
    drawing = tmp_path / "drawing.png"
    result = run(photo(tmp_path / "a.png", 10), "--attention", str(drawing))
    assert result.exit_code == 0
    with Image.open(drawing) as image:
        assert image.format == "PNG"


def test_says_why_attention_cannot_be_drawn(tmp_path: Path) -> None:
    name = photo(tmp_path / "a.png", 10)
    drawing = str(tmp_path / "drawing.png")
    assert "name just one" in run(name, name, "--attention", drawing).stderr
    assert ".png" in run(name, "--attention", "drawing.txt").stderr
    without = run(name, "--model", "resnet34-lstm", "--attention", drawing)
    assert "--model mobilenet-attention" in without.stderr
    nowhere = run(name, "--attention", str(tmp_path / "absent" / "drawing.png"))
    assert "cannot be written" in nowhere.stderr
    for result in (without, nowhere):
        assert result.exit_code == 1
        assert "Traceback" not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_takes_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    photo(path, 10)
    assert lines(run("--json", str(tmp_path)))[0]["file"] == str(path)
    assert "caf\ufffd.png" in run(str(tmp_path)).stdout


def test_a_library_goes_into_files_and_only_what_is_new_is_captioned(
    tmp_path: Path, loaded: list[FakeCaptioner]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out.jsonl"
    for number in range(3):
        photo(photos / f"{number}.png", number)
    (photos / "film.mp4").touch()
    arguments = [str(photos), "--out", str(out), "--out", str(tmp_path / "out.html")]
    first = run(*arguments)
    assert first.exit_code == 0, first.stderr
    assert first.stdout == ""
    assert "film.mp4" in first.stderr
    assert "Captioned: 3" in first.stderr
    assert len(out.read_text().splitlines()) == 3
    photo(photos / "3.png", 3)
    (photos / "bad.jpg").touch()
    second = run(*arguments)
    assert second.exit_code == 1
    assert "Captioned: 1, captioned before: 3, not readable: 1" in second.stderr
    assert f"{photos / 'bad.jpg'}: The file is empty." in second.stderr
    assert [captioner.batches for captioner in loaded[2:]] == [[1], [1]]
    with_beam = run(*arguments, "--beam", "5")
    assert with_beam.exit_code == 1
    assert "--restart" in with_beam.stderr


def test_options_that_need_each_other_are_told(tmp_path: Path) -> None:
    name, out = photo(tmp_path / "a.png", 10), str(tmp_path / "out.csv")
    assert "need --out" in run(name, "--sidecar", "xmp").stderr
    assert "need --out" in run(name, "--restart").stderr
    assert "leave out --json" in run(name, "--out", out, "--json").stderr
    assert run(name, "--out", out, "--sidecar", "docx").exit_code == 2
    wrong = run(name, "--out", str(tmp_path / "out.docx"))
    assert wrong.exit_code == 1
    assert ".csv, .jsonl" in wrong.stderr


def test_a_console_that_cannot_show_a_name_loses_no_photo(tmp_path: Path) -> None:
    (tmp_path / "закат.png").touch()
    (tmp_path / "b.png").touch()
    finished = subprocess.run(
        [sys.executable, "-m", "captioning", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in finished.stderr
    assert len([line for line in finished.stderr.splitlines() if "is empty" in line]) == 2


def test_a_single_photo_waits_for_nothing_that_libraries_need() -> None:
    script = (
        "import sys; import captioning.__main__\n"
        "print([name for name in sys.modules if name.startswith('captioning.library.')])"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    loaded = set(ast.literal_eval(finished.stdout.decode()))
    assert loaded == {"captioning.library.finding", "captioning.library.records"}


def test_help_does_not_wait_for_torch() -> None:
    script = (
        "import sys; from captioning.__main__ import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit('torch' in sys.modules or 'openvino' in sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert b"--attention" in finished.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close differently there")
def test_ends_quietly_when_its_reader_has_gone(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number:04}.png").touch()
    command = [sys.executable, "-m", "captioning", "--json", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"error" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) != 0
