"""Each layout yields the same records, whatever its publisher calls things."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dataset_layouts import (
    LAYOUTS,
    coco_part,
    flickr8k,
    flickr30k_csv,
    flickr30k_token,
    karpathy_coco,
    karpathy_entry,
    own_csv,
    own_json,
    photo,
    write,
    write_json,
)

from training.datasets import DatasetError, Record, load_dataset, open_dataset
from training.prepare import prepare
from training.prepared import load_split, load_vocabulary, sources_of


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_yields_the_same_records(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    layout(tmp_path)
    (train,), (dev,) = load_dataset(tmp_path, "train"), load_dataset(tmp_path, "val")
    assert (train.name, train.captions) == ("a.jpg", ("A red wall .", "Red ."))
    assert (dev.name, dev.captions) == ("b.jpg", ("A barn .", "A red barn ."))
    assert train.image.is_file()
    assert dev.image.name == "b.jpg"
    assert load_dataset(tmp_path, "dev") == [dev]
    with pytest.raises(DatasetError, match="test"):
        load_dataset(tmp_path, "test")
    with pytest.raises(DatasetError, match="no split 'evaluation'"):
        load_dataset(tmp_path, "evaluation")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_missing_photo_stops_every_layout(layout: Callable[[Path], None], tmp_path: Path) -> None:
    layout(tmp_path)
    load_dataset(tmp_path, "dev")[0].image.unlink()
    with pytest.raises(DatasetError, match=r"(line \d+|\[\d+\]): the photo .*b\.jpg is missing"):
        load_dataset(tmp_path, "dev")
    prepared = tmp_path / "prepared"
    with pytest.raises(DatasetError):
        prepare([tmp_path], prepared, min_count=1)
    assert not list(tmp_path.glob("prepared*"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_can_be_prepared(layout: Callable[[Path], None], tmp_path: Path) -> None:
    root, out = tmp_path / "dataset", tmp_path / "prepared"
    layout(root)
    prepare([root], out, min_count=1, splits=("train", "val"))
    split = load_split(out, "dev")
    assert split.names == ["b.jpg"]
    assert split.captions == [["A barn .", "A red barn ."]]
    assert split.pixels[0, 100, 100].argmax() == 0
    assert set(load_vocabulary(out).words[4:]) == {"a", "red", "wall"}
    (source,) = sources_of(out)
    assert source.path == str(root)
    assert (source.photos, source.captions) == ({"train": 1, "dev": 1}, {"train": 2, "dev": 2})


def test_a_photo_that_cannot_be_decoded_leaves_the_old_cache(tmp_path: Path) -> None:
    root, out = tmp_path / "dataset", tmp_path / "prepared"
    own_json(root)
    prepare([root], out, min_count=1)
    (root / "b.jpg").write_bytes(b"\xff\xd8\xff cut")
    with pytest.raises(DatasetError, match=r"b\.jpg: .*damaged"):
        prepare([root], out, min_count=1)
    assert load_split(out, "dev").names == ["b.jpg"]
    assert [path.name for path in tmp_path.iterdir() if "prepared" in path.name] == ["prepared"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_photos_beside_the_captioned_ones_are_unlabelled(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    layout(tmp_path)
    dataset = open_dataset(tmp_path)
    assert dataset.unlabelled() == []
    beside = photo(dataset.records("dev")[0].image.with_name("c.PNG"))
    write(beside.with_name("notes.txt"), "no photo")
    name = beside.relative_to(tmp_path).as_posix()
    assert dataset.unlabelled() == [Record(name, beside, ())]


def test_photos_of_no_split_are_not_unlabelled(tmp_path: Path) -> None:
    """A split that is kept apart must not be trained on for want of its list."""
    flickr8k(tmp_path)
    (tmp_path / "Flickr8k_text" / "Flickr_8k.devImages.txt").unlink()
    assert open_dataset(tmp_path).unlabelled() == []


def test_photos_with_names_only_have_labels(tmp_path: Path) -> None:
    for name in "ab":
        photo(tmp_path / "images" / f"{name}.jpg")
    write(tmp_path / "labels.tsv", "a.jpg\tyin yang\nb.jpg\t\n")
    dataset = open_dataset(tmp_path)
    assert [(one.name, one.label) for one in dataset.unlabelled()] == [
        ("a.jpg", "yin yang"),
        ("b.jpg", ""),
    ]
    with pytest.raises(DatasetError, match="photos, but no captions"):
        load_dataset(tmp_path, "train")
    write(tmp_path / "labels.tsv", "a.jpg\tyin yang\na.jpg\tyin\n")
    with pytest.raises(DatasetError, match=r"labels\.tsv, line 2: a\.jpg is listed twice"):
        dataset.unlabelled()
    write(tmp_path / "labels.tsv", "a.jpg yin yang\n")
    with pytest.raises(DatasetError, match=r"line 1: expected .image\.jpg<TAB>"):
        dataset.unlabelled()
    write(tmp_path / "labels.tsv", "c.jpg\tyin yang\n")
    with pytest.raises(DatasetError, match=r"line 1: the photo .*c\.jpg is missing"):
        dataset.unlabelled()


@pytest.mark.parametrize(
    ("layout", "title", "licence"),
    [
        (flickr8k, "Flickr8k", "belong to their authors"),
        (flickr30k_csv, "Flickr30k", "research and education"),
        (coco_part, "COCO captions", "CC BY 4.0"),
        (karpathy_coco, "COCO captions", "CC BY 4.0"),
        (own_csv, "mine", None),
    ],
)
def test_a_dataset_knows_its_title_and_terms(
    layout: Callable[[Path], None], title: str, licence: str | None, tmp_path: Path
) -> None:
    root = tmp_path / "mine"
    layout(root)
    dataset = open_dataset(root)
    assert (dataset.name, dataset.title) == ("mine", title)
    assert licence in dataset.licence if licence else dataset.licence == ""
    write(root / "LICENSE.txt", "As its owner\nsays.\n\nAnd more.")
    assert open_dataset(root).licence == "As its owner says."


def test_an_unknown_layout_is_told_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        load_dataset(tmp_path, "dev")
    for sign in (
        "Flickr8k.token.txt",
        "results_20130124.token",
        "results.csv",
        "captions_{train,val}{2017,2014}.json",
        "labels.tsv",
        "dataset_*.json",
        "captions.csv",
    ):
        assert sign in str(caught.value)
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        load_dataset(tmp_path / "nowhere", "dev")


@pytest.mark.parametrize(
    ("layout", "file"),
    [
        (karpathy_coco, "dataset_coco.json"),
        (own_json, "captions.json"),
        (own_csv, "captions.csv"),
        (flickr30k_token, "results_20130124.token"),
        (flickr30k_csv, "flickr30k_images/results.csv"),
    ],
)
def test_the_file_of_captions_may_be_named_itself(
    layout: Callable[[Path], None], file: str, tmp_path: Path
) -> None:
    layout(tmp_path)
    assert load_dataset(tmp_path / file, "dev") == load_dataset(tmp_path, "dev")
    with pytest.raises(DatasetError, match=r"a\.txt is neither a folder nor"):
        write(tmp_path / "a.txt", "x")
        load_dataset(tmp_path / "a.txt", "dev")


def test_karpathys_splits_come_before_those_of_the_layout(tmp_path: Path) -> None:
    flickr8k(tmp_path)
    entry = karpathy_entry("b.jpg", "test", "A barn .")
    write_json(tmp_path / "dataset_flickr8k.json", {"images": [entry]})
    assert [record.name for record in load_dataset(tmp_path, "test")] == ["b.jpg"]
    write_json(tmp_path / "dataset_coco.json", {"images": [entry]})
    with pytest.raises(DatasetError, match=r"several split files \(dataset_coco\.json, dataset_f"):
        load_dataset(tmp_path, "test")


def test_photos_of_different_folders_keep_different_names(tmp_path: Path) -> None:
    rows = [{"image": f"{folder}/1.jpg", "captions": ["Red."], "split": "dev"} for folder in "ab"]
    for row in rows:
        photo(tmp_path / str(row["image"]))
    write_json(tmp_path / "captions.json", rows)
    assert [record.name for record in load_dataset(tmp_path, "dev")] == ["a/1.jpg", "b/1.jpg"]


def test_photos_without_splits_are_dealt_and_stay_where_they_are(tmp_path: Path) -> None:
    def splits(count: int) -> dict[str, set[str]]:
        rows = [f"{photo(tmp_path / f'{index}.jpg').name};Red; wall" for index in range(count)]
        quoted = [row.replace("Red; wall", '"Red; wall"') for row in rows]
        write(tmp_path / "captions.csv", "\n".join(["image;caption", *quoted]))
        return {
            split: {record.name for record in load_dataset(tmp_path, split)}
            for split in ("train", "dev", "test")
        }

    few, many = splits(60), splits(120)
    assert sum(map(len, many.values())) == 120
    assert len(many["train"]) > 80
    assert all(few[split] <= many[split] for split in few)


def test_records_are_the_whole_of_what_training_sees(tmp_path: Path) -> None:
    own_json(tmp_path)
    assert load_dataset(tmp_path, "train") == [
        Record("a.jpg", tmp_path / "a.jpg", ("A red wall .", "Red ."))
    ]
