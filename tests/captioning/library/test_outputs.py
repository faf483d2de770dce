"""The captions of a library in one file."""

import csv
import json
from pathlib import Path

import pytest

from captioning.library.outputs import SUFFIXES, write_output
from captioning.library.records import Record, Said

TITLES = {"large": "The large one", "small": "Small"}
SURE = Said("large", "1.0", 'A "dog", running.', ("a", "dog"), -1.5, 0.912)
UNSURE = Said("small", "2.0", "A cat.", ("a", "cat"), -3.5, 0.25)
UNKNOWN = Said("small", "2.0", "A tree.", ("a", "tree"), -3.5, None)
RECORDS = [
    Record("holiday/закат.jpg", (SURE, UNSURE), thumbnail="dGh1bWI=", size=(4, 3)),
    Record("=1+2.jpg", (UNKNOWN,)),
    Record("caf\udce9.jpg", error="The file is empty."),
]


def written(tmp_path: Path, name: str) -> str:
    (path,) = write_output(tmp_path / name, iter(RECORDS), TITLES)
    assert path == tmp_path / name
    return path.read_bytes().decode("utf-8-sig")


def test_a_table_has_a_column_for_each_model(tmp_path: Path) -> None:
    rows = list(csv.reader(written(tmp_path, "a.csv").splitlines()))
    assert rows == [
        ["file", "large", "large confidence", "small", "small confidence", "error"],
        ["holiday/закат.jpg", SURE.text, "0.91", UNSURE.text, "0.25", ""],
        ["./=1+2.jpg", "", "", UNKNOWN.text, "", ""],
        ["caf\ufffd.jpg", "", "", "", "", "The file is empty."],
    ]


def test_lines_of_json_have_everything(tmp_path: Path) -> None:
    first, _, last = map(json.loads, written(tmp_path, "a.jsonl").splitlines())
    assert first["file"] == "holiday/закат.jpg"
    assert first["captions"][0] == {
        "model": "large",
        "version": "1.0",
        "text": SURE.text,
        "words": ["a", "dog"],
        "log_probability": -1.5,
        "confidence": 0.912,
    }
    assert last == {"file": "caf\udce9.jpg", "error": "The file is empty."}


def test_a_list_reads_like_the_console(tmp_path: Path) -> None:
    assert written(tmp_path, "a.txt").split("\n\n")[0].splitlines() == [
        "holiday/закат.jpg",
        f"  The large one  {SURE.text}",
        f"  Small          {UNSURE.text}  (unsure)",
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("before")

    def broken() -> object:
        yield RECORDS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_output(path, broken(), TITLES)  # type: ignore[arg-type]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
