"""Flickr8k as Kaggle gives it out, beyond what all layouts have in common."""

from pathlib import Path

import pytest
from dataset_layouts import kaggle, photo, write

from training.datasets import DatasetError, load_dataset, open_dataset


def test_without_lists_photos_are_split_by_their_names(tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(60)]
    for name in names:
        photo(tmp_path / "Images" / name)
    lines = [f"{name},A red wall {name[:-4]} ." for name in names]
    write(tmp_path / "captions.txt", "\n".join(["image,caption", *lines]))
    splits = {split: load_dataset(tmp_path, split) for split in ("train", "dev", "test")}
    assert sorted(it.name for of_split in splits.values() for it in of_split) == sorted(names)
    assert len(splits["train"]) > 40
    assert open_dataset(tmp_path).title == "Flickr8k"


def test_captions_with_commas_are_whole_with_quotes_and_without(tmp_path: Path) -> None:
    kaggle(tmp_path)
    write(
        tmp_path / "captions.txt",
        'image,caption\na.jpg,"A red, tall wall ."\na.jpg,Red, tall .\nb.jpg,A "barn" .\n',
    )
    (record,) = load_dataset(tmp_path, "train")
    assert record.captions == ("A red, tall wall .", "Red, tall .")


def test_a_line_without_a_caption_is_named(tmp_path: Path) -> None:
    kaggle(tmp_path)
    write(tmp_path / "captions.txt", "image,caption\na.jpg\n")
    with pytest.raises(DatasetError, match="line 2: expected"):
        load_dataset(tmp_path, "train")
