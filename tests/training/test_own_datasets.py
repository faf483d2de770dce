"""Weights, preferences and decisions of a dataset of one's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from dataset_layouts import photo, write, write_json

from training.datasets import DatasetError, load_dataset
from training.datasets.decisions import (
    DROP,
    FIX,
    KEEP,
    Decision,
    Decisions,
    load_decisions,
)
from training.datasets.own import Preference, load_preferences


@pytest.fixture
def root(tmp_path: Path) -> Path:
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.jpg")
    write_json(
        tmp_path / "captions.json",
        [
            {"image": "a.jpg", "captions": ["A dog.", "Red."], "weights": [0.9, 2]},
            {"image": "b.jpg", "captions": ["A cat."]},
        ],
    )
    return tmp_path


def all_records(root: Path) -> dict[str, Any]:
    records = {}
    for split in ("train", "dev", "test"):
        try:
            records |= {record.name: record for record in load_dataset(root, split)}
        except DatasetError as error:
            assert "lists no photo" in str(error)
    return records


def test_weights(root: Path) -> None:
    records = all_records(root)
    assert records["a.jpg"].weights == (0.9, 2.0)
    assert records["b.jpg"].weights == ()


def test_weights_in_a_spreadsheet(root: Path) -> None:
    (root / "captions.json").unlink()
    write(
        root / "captions.csv",
        "image,caption,weight,split\na.jpg,A dog.,0.5,train\na.jpg,Red.,1,train\n",
    )
    (record,) = load_dataset(root, "train")
    assert record.weights == (0.5, 1.0)
    write(root / "captions.csv", "image,caption,weight\na.jpg,A dog.,\n")
    with pytest.raises(DatasetError, match=r"captions\.csv, line 2: the weight '' is no number"):
        load_dataset(root, "train")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], "as many 'weights' as captions"),
        ([1.0, 0], "the weight 0 is no number above 0"),
        ([1.0, -1], "the weight -1 is no number"),
        ([1.0, None], "the weight None is no number"),
        ([1.0, 1e999], "the weight inf is no number"),
    ],
)
def test_weights_that_are_none(root: Path, weights: list[Any], message: str) -> None:
    write_json(
        root / "captions.json",
        [{"image": "a.jpg", "captions": ["A dog.", "Red."], "weights": weights}],
    )
    with pytest.raises(DatasetError, match=rf"entry \[0\]: .*{message}"):
        load_dataset(root, "train")


def test_decisions_are_heeded(root: Path) -> None:
    Decisions(
        {
            ("a.jpg", "A dog."): Decision(DROP),
            ("a.jpg", "Red."): Decision(FIX, "A red wall."),
            ("b.jpg", "A cat."): Decision(KEEP),
        }
    ).save(root)
    records = all_records(root)
    assert (records["a.jpg"].captions, records["a.jpg"].weights) == (("A red wall.",), (2.0,))
    assert records["b.jpg"].captions == ("A cat.",)


def test_a_photo_whose_captions_were_all_dropped_is_not_listed(root: Path) -> None:
    Decisions({("b.jpg", "A cat."): Decision(DROP)}).save(root)
    assert list(all_records(root)) == ["a.jpg"]


def test_decisions_are_saved_whole(root: Path) -> None:
    made = {("a.jpg", "A „dog“."): Decision(FIX, "Ein…"), ("b.jpg", "A cat."): Decision(KEEP)}
    Decisions(made).save(root)
    assert load_decisions(root).made == made
    assert Decisions(made).among([("b.jpg", "A cat.")]).made == {
        ("b.jpg", "A cat."): Decision(KEEP)
    }
    assert not [path for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not written by this version"),
        ({"format": 9, "decisions": []}, "not written by this version"),
        (
            {"format": 1, "decisions": [{"image": "a", "caption": "b", "action": "burn"}]},
            r"decisions\[0\]: the action 'burn' is none of keep, fix, drop",
        ),
        (
            {"format": 1, "decisions": [{"image": "a", "caption": "b", "action": "fix"}]},
            r"decisions\[0\]: the caption is not a text",
        ),
    ],
)
def test_damaged_decisions(root: Path, document: Any, message: str) -> None:
    write_json(root / "review.json", document)
    with pytest.raises(DatasetError, match=message):
        load_dataset(root, "train")


def preferences(root: Path, *entries: dict[str, Any]) -> list[Preference]:
    write_json(root / "preferences.json", list(entries))
    return load_preferences(root, "train")


def test_preferences(root: Path) -> None:
    assert load_preferences(root, "train") == []
    pair = {"image": "./a.jpg", "chosen": "A dog.", "rejected": "A cat.", "split": "train"}
    other = pair | {"image": "b.jpg", "weight": 0.25, "split": "val"}
    assert preferences(root, pair, other) == [
        Preference("a.jpg", root / "a.jpg", "A dog.", "A cat.", 1.0)
    ]
    assert [pair.weight for pair in load_preferences(root, "dev")] == [0.25]


def test_preferences_heed_decisions(root: Path) -> None:
    pair = {"image": "a.jpg", "chosen": "A dog.", "rejected": "A cat.", "split": "train"}
    Decisions({("a.jpg", "A dog."): Decision(FIX, "One dog.")}).save(root)
    assert [found.chosen for found in preferences(root, pair)] == ["One dog."]
    Decisions({("a.jpg", "A dog."): Decision(DROP)}).save(root)
    assert preferences(root, pair) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chosen": ""}, "'chosen': the caption has no words"),
        ({"rejected": "A dog."}, "both captions are the same"),
        ({"weight": 0}, "the weight 0 is no number above 0"),
        ({"image": "c.jpg"}, r"the photo .*c\.jpg is missing"),
        ({"split": "all"}, "no split 'all'"),
    ],
)
def test_mistakes_in_preferences(root: Path, change: dict[str, Any], message: str) -> None:
    pair = {"image": "a.jpg", "chosen": "A dog.", "rejected": "A cat.", "split": "train"}
    with pytest.raises(DatasetError, match=rf"preferences\.json, entry \[0\].*{message}"):
        preferences(root, pair | change)


def test_json_with_extra_fields_is_read(root: Path) -> None:
    document = json.loads((root / "captions.json").read_text())
    document[0]["sources"] = [{"from": "correction"}] * 2
    write_json(root / "captions.json", document)
    assert set(all_records(root)) == {"a.jpg", "b.jpg"}
