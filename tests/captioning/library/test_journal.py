"""What is known of a library, from one run to the next."""

import subprocess
import sys
from pathlib import Path

import pytest

from captioning.library.journal import Journal, LibraryError
from captioning.library.records import Record, Said

MADE_BY = {"small": "1.0 (abc)"}
SAID = Said("small", "1.0", "A dog.", ("a", "dog"), -1.5, 0.5)


def record(name: Path, text: str = "A dog.") -> Record:
    said = Said("small", "1.0", text, ("a", "dog"), -1.5, 0.5)
    return Record(str(name), (said,), None, (3, 17), "dGh1bWI=", (4, 3), ("txt",))


def test_a_record_is_the_same_in_the_next_run(tmp_path: Path) -> None:
    output, photo = tmp_path / "out.csv", tmp_path / "caf\udce9.jpg"
    with Journal(output, MADE_BY) as journal:
        journal.add([record(photo, "A cat."), record(photo)])
    with Journal(output, MADE_BY) as journal:
        assert journal.find(str(photo)) == record(photo)
        known = journal.known(str(photo), (3, 17))
        assert known is not None
        assert known.beside == ("txt",)
        assert journal.known(str(photo), (3, 18)) is None
        assert journal.known(str(tmp_path / "other.jpg"), (3, 17)) is None


def test_a_photo_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "out.csv", MADE_BY) as journal:
        journal.add([Record("bad.jpg", error="damaged", stamp=(1, 2))])
        assert journal.known("bad.jpg", (1, 2)) is None
        found = journal.find("bad.jpg")
        assert found is not None
        assert found.error == "damaged"


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_goes_on_behind_what_a_killed_run_did_not_finish(tmp_path: Path, cut: int) -> None:
    output = tmp_path / "out.csv"
    with Journal(output, MADE_BY) as journal:
        journal.add([record(tmp_path / "1.jpg")])
        journal.add([record(tmp_path / "2.jpg")])
        path = journal.path
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(output, MADE_BY) as journal:
        assert journal.find(str(tmp_path / "1.jpg"))
        assert journal.find(str(tmp_path / "2.jpg")) is None
        journal.add([record(tmp_path / "2.jpg")])
    with Journal(output, MADE_BY) as journal:
        assert journal.find(str(tmp_path / "2.jpg"))


def test_captions_of_other_models_are_not_mixed_with_it(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with Journal(output, MADE_BY) as journal:
        journal.add([record(tmp_path / "1.jpg")])
    other = {"small": "2.0 (def)"}
    with pytest.raises(LibraryError, match=r"small 1\.0.*small 2\.0.*--restart"):
        Journal(output, other)
    with Journal(output, other, restart=True) as journal:
        assert journal.find(str(tmp_path / "1.jpg")) is None
    with pytest.raises(LibraryError):
        Journal(output, MADE_BY)


@pytest.mark.parametrize("content", [b"hello\n", b"[]\n", b'{"format": 2, "made_by": {}}\n'])
def test_a_damaged_one_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "out.csv.progress").write_bytes(content)
    with pytest.raises(LibraryError, match="--restart"):
        Journal(tmp_path / "out.csv", MADE_BY)
    assert (tmp_path / "out.csv.progress").read_bytes() == content


def test_only_one_run_at_a_time(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from captioning.library.journal import Journal\n"
        f"Journal(Path(sys.argv[1]), {MADE_BY!r})"
    )
    with Journal(tmp_path / "out.csv", MADE_BY):
        finished = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "out.csv"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert "in use" in finished.stderr


def test_a_folder_that_moves_with_its_output_is_still_known(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with Journal(tmp_path / "here" / "out.csv", MADE_BY) as journal:
        journal.add([record(tmp_path / "here" / "photos" / "1.jpg")])
    (tmp_path / "here").rename(tmp_path / "there")
    with Journal(tmp_path / "there" / "out.csv", MADE_BY) as journal:
        assert journal.known(str(tmp_path / "there" / "photos" / "1.jpg"), (3, 17))


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    output, foreign = tmp_path / "out.csv", tmp_path / "notes.txt"
    foreign.write_text("mine")
    with Journal(output, MADE_BY) as journal:
        journal.claim([output], restart=False)
        output.write_text("ours")
        with pytest.raises(LibraryError, match=r"notes\.txt is there already"):
            journal.claim([output, foreign], restart=False)
    with Journal(output, MADE_BY) as journal:
        journal.claim([output], restart=False)
        journal.claim([foreign], restart=True)
