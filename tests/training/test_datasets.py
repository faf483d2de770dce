import shutil
from pathlib import Path

import pytest

from training.datasets import DatasetError, load_dataset


@pytest.fixture
def copy(flickr8k: Path, tmp_path: Path) -> Path:
    return shutil.copytree(flickr8k, tmp_path / "copy")


def append(path: Path, line: str) -> None:
    path.write_bytes(path.read_bytes() + line.encode("latin-1"))


def test_records_hold_photos_and_captions_in_the_listed_order(flickr8k: Path) -> None:
    records = load_dataset(flickr8k, "dev")
    assert [record.name for record in records][:2] == ["red_circle_2.jpg", "red_square_2.jpg"]
    assert records[0].captions == ("A red circle .", "There is a red circle on white paper .")
    assert all(record.image.is_file() for record in records)
    assert len(load_dataset(flickr8k, "train")) == 12


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("Flickr_8k.devImages.txt", "red_circle_2.jpg\n", r"devImages.txt, line 7: .*listed twice"),
        ("Flickr_8k.devImages.txt", "no.jpg\n", r"devImages.txt, line 7: no.jpg has no captions"),
        ("Flickr8k.token.txt", "x.jpg#0 no tab\n", r"token.txt, line 37: expected"),
        ("Flickr8k.token.txt", "x.jpg#0\t . ,\n", r"token.txt, line 37: .*no words"),
        ("Flickr8k.token.txt", "x.jpg#0\tcaf\xe9\n", r"token.txt, line 37: not UTF-8"),
    ],
)
def test_mistakes_are_named_with_file_and_line(
    copy: Path, file: str, line: str, message: str
) -> None:
    append(copy / "Flickr8k_text" / file, line)
    with pytest.raises(DatasetError, match=message):
        load_dataset(copy, "dev")


def test_a_missing_photo_file_or_split_is_named(copy: Path) -> None:
    (copy / "Flicker8k_Dataset" / "red_circle_2.jpg").unlink()
    with pytest.raises(DatasetError, match=r"line 1: the photo .*red_circle_2.jpg is missing"):
        load_dataset(copy, "dev")
    with pytest.raises(DatasetError, match=r"no split .trian.: the splits are train, dev"):
        load_dataset(copy, "trian")
    with pytest.raises(DatasetError, match=r"testImages.txt is missing"):
        load_dataset(copy, "test")
