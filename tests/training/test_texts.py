"""Captions without photos, and files that hold something else."""

import gzip
from pathlib import Path

import pytest

from training.datasets import DatasetError, Text, read_texts

LINES = "coco:1\tA cat .\nflickr30k:7\tTwo dogs\n\nA bird.\n"

PACKED = gzip.compress(b"A cat. " * 99, mtime=0)


@pytest.mark.parametrize("compressed", [False, True])
def test_each_line_is_a_caption_perhaps_behind_its_source(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("texts.tsv.gz" if compressed else "texts.tsv")
    path.write_bytes(gzip.compress(LINES.encode()) if compressed else LINES.encode())
    assert read_texts(path) == [
        Text("coco", "A cat ."),
        Text("flickr30k", "Two dogs"),
        Text("", "A bird."),
    ]
    assert read_texts(path, ["flickr30k"]) == [Text("flickr30k", "Two dogs")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.tsv", b"\n", "has no captions"),
        ("t.tsv", b"A cat.\ncoco:1\t ... \n", r"t\.tsv, line 2: the caption has no words"),
        ("t.tsv", b"A cat.\nA caf\xe9.\n", r"t\.tsv, line 2: not UTF-8"),
        ("t.gz", b"A cat.\n", "no gzip file"),
        ("t.gz", PACKED[:-9], "no gzip file, or only a part of one"),
        ("t.gz", PACKED[:12] + b"\xff" * 9, "no gzip file"),
        ("t.gz", b"<!DOCTYPE html><html></html>", "a web page was saved"),
        ("t.tsv", LINES.encode(), "no captions of the source 'sbu': its sources are '', 'coco', "),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message) as caught:
        read_texts(path, ["sbu"])
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.gz is missing"):
        read_texts(tmp_path / "gone.gz")
