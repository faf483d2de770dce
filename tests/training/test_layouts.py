"""Each layout as its publisher ships it, small; and what is wrong with one, named by its place."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from training.datasets import DatasetError, Record, load_dataset
from training.prepare import load_split, load_vocabulary, prepare, source_of


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 8), (200, 60, 60)).save(path)
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_json(path: Path, document: object) -> None:
    write(path, json.dumps(document))


def flickr8k(root: Path) -> None:
    for name in "ab":
        photo(root / "Flicker8k_Dataset" / f"{name}.jpg")
    write(
        root / "Flickr8k_text" / "Flickr8k.token.txt",
        "a.jpg#0\tA red wall .\na.jpg#1\tRed .\nb.jpg#0\tA barn .\nb.jpg#1\tA red barn .\n"
        "gone.jpg.1#0\tNo split lists it .\n",
    )
    write(root / "Flickr8k_text" / "Flickr_8k.trainImages.txt", "a.jpg\n")
    write(root / "Flickr8k_text" / "Flickr_8k.devImages.txt", "b.jpg\n")


def flickr30k_token(root: Path) -> None:
    for name in "ab":
        photo(root / "flickr30k-images" / f"{name}.jpg")
    write(
        root / "results_20130124.token",
        "a.jpg#0\tA red wall .\na.jpg#1\tRed .\nb.jpg#0\tA barn .\nb.jpg#1\tA red barn .\n",
    )
    write(root / "train.txt", "a\n")
    write(root / "val.txt", "b\n")


def flickr30k_csv(root: Path) -> None:
    for name in "ab":
        photo(root / "flickr30k_images" / "flickr30k_images" / f"{name}.jpg")
    write(
        root / "flickr30k_images" / "results.csv",
        "image_name| comment_number| comment\n"
        "a.jpg| 0| A red wall .\na.jpg| 1   Red .\nb.jpg| 0| A barn .\nb.jpg| 1| A red barn .\n",
    )
    write(root / "train.txt", "a.jpg\n")
    write(root / "dev.txt", "b.jpg\n")


def coco(root: Path, year: str = "2017") -> None:
    for part, name, number, captions in (
        ("train", "a", 9, ("A red wall .", "Red .")),
        ("val", "b", 7, ("A barn .", "A red barn .\n")),
    ):
        photo(root / f"{part}{year}" / f"{name}.jpg")
        document = {
            "info": {"year": int(year)},
            "licenses": [{"id": 1}],
            "images": [{"id": number, "file_name": f"{name}.jpg", "height": 8, "width": 12}],
            "annotations": [
                {"image_id": number, "id": 100 * number + index, "caption": caption}
                for index, caption in enumerate(captions)
            ],
        }
        write_json(root / "annotations" / f"captions_{part}{year}.json", document)


def coco_2014(root: Path) -> None:
    coco(root, "2014")


def karpathy_entry(name: str, split: str, *captions: str, **more: object) -> dict[str, Any]:
    sentences = [
        {"raw": caption, "tokens": caption.lower().split()[:-1], "imgid": 0, "sentid": index}
        for index, caption in enumerate(captions)
    ]
    return {"filename": name, "split": split, "imgid": 0, "sentences": sentences, **more}


def karpathy_flickr8k(root: Path) -> None:
    for name in "ab":
        photo(root / "Flicker8k_Dataset" / f"{name}.jpg")
    entries = [
        karpathy_entry("a.jpg", "train", "A red wall .", "Red ."),
        karpathy_entry("b.jpg", "val", "A barn .", "A red barn ."),
    ]
    write_json(root / "dataset_flickr8k.json", {"images": entries, "dataset": "flickr8k"})


def karpathy_coco(root: Path) -> None:
    photo(root / "val2014" / "a.jpg")
    photo(root / "val2014" / "b.jpg")
    entries = [
        karpathy_entry("a.jpg", "restval", "A red wall .", "Red .", filepath="val2014", cocoid=9),
        karpathy_entry("b.jpg", "val", "A barn .", "A red barn .", filepath="val2014", cocoid=7),
    ]
    write_json(root / "dataset_coco.json", {"images": entries, "dataset": "coco"})


def own_json(root: Path) -> None:
    photo(root / "a.jpg")
    photo(root / "b.jpg")
    entries = [
        {"image": "a.jpg", "captions": ["A red wall .", "Red ."], "split": "train"},
        {"image": "./b.jpg", "captions": ["A barn .", "A red barn ."], "split": "val"},
    ]
    write_json(root / "captions.json", entries)


def own_csv(root: Path) -> None:
    photo(root / "a.jpg")
    photo(root / "b.jpg")
    write(
        root / "captions.csv",
        "\ufeffimage,caption,split\r\na.jpg,A red wall .,train\r\na.jpg,Red .,train\r\n"
        'b.jpg,"A barn .",dev\r\nb.jpg,A red barn .,dev\r\n',
    )


LAYOUTS: list[Callable[[Path], None]] = [
    flickr8k,
    flickr30k_token,
    flickr30k_csv,
    coco,
    coco_2014,
    karpathy_flickr8k,
    karpathy_coco,
    own_json,
    own_csv,
]


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
        prepare(tmp_path, prepared, min_count=1)
    assert not list(tmp_path.glob("prepared*"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_can_be_prepared(layout: Callable[[Path], None], tmp_path: Path) -> None:
    root, out = tmp_path / "dataset", tmp_path / "prepared"
    layout(root)
    prepare(root, out, min_count=1, splits=("train", "val"))
    split = load_split(out, "dev")
    assert split.names == ["b.jpg"]
    assert split.captions == [["A barn .", "A red barn ."]]
    assert split.pixels[0, 100, 100].argmax() == 0
    assert set(load_vocabulary(out).words[4:]) == {"a", "red", "wall"}
    assert source_of(out) == root


def test_a_photo_that_cannot_be_decoded_leaves_the_old_cache(tmp_path: Path) -> None:
    root, out = tmp_path / "dataset", tmp_path / "prepared"
    own_json(root)
    prepare(root, out, min_count=1)
    (root / "b.jpg").write_bytes(b"\xff\xd8\xff cut")
    with pytest.raises(DatasetError, match=r"b\.jpg: .*damaged"):
        prepare(root, out, min_count=1)
    assert load_split(out, "dev").names == ["b.jpg"]
    assert [path.name for path in tmp_path.iterdir() if "prepared" in path.name] == ["prepared"]


def test_an_unknown_layout_is_told_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        load_dataset(tmp_path, "dev")
    for sign in (
        "Flickr8k.token.txt",
        "results_20130124.token",
        "results.csv",
        "captions_{train,val}{2017,2014}.json",
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


Change = Callable[[Any], None]


def of_json(file: str, change: Change) -> Change:
    def apply(root: Path) -> None:
        document = json.loads((root / file).read_text(encoding="utf-8"))
        change(document)
        write_json(root / file, document)

    return apply


def of_text(file: str, old: str, new: str) -> Change:
    def apply(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_bytes(text.replace(old, new).encode("latin-1", "ignore"))

    return apply


COCO = "annotations/captions_val2017.json"


@pytest.mark.parametrize(
    ("layout", "change", "message"),
    [
        (flickr30k_token, of_text("val.txt", "b", "b\n\nb"), r"val\.txt, line 3: b\.jpg .* twice"),
        (
            flickr30k_token,
            of_text("results_20130124.token", "b.jpg#1", "b.jpg#0"),
            r"token, line 4: caption 0 of b\.jpg is there twice",
        ),
        (
            flickr30k_csv,
            of_text("flickr30k_images/results.csv", "| A barn", "| café barn"),
            r"results\.csv, line 4: not UTF-8",
        ),
        (
            flickr30k_csv,
            of_text("flickr30k_images/results.csv", "b.jpg| 0| ", "b.jpg, 0, "),
            r"results\.csv, line 4: expected",
        ),
        (flickr30k_csv, lambda root: (root / "dev.txt").unlink(), "dataset_flickr30k.json"),
        (
            flickr30k_csv,
            lambda root: shutil.rmtree(root / "flickr30k_images" / "flickr30k_images"),
            r"line 1: the photo .*b\.jpg is missing",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["images"].append(coco["images"][0])),
            r"val2017\.json, images\[1\]: the image id 7 is there twice",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["images"].append(coco["images"][0] | {"id": 8})),
            r"images\[1\]: b\.jpg is listed twice, first in .*images\[0\]",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["annotations"][1].update(id=700)),
            r"annotations\[1\]: the caption id 700 is there twice",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["annotations"][1].update(image_id=8)),
            r"annotations\[1\]: there is no image with the id 8",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["annotations"][1].update(caption=" .")),
            r"annotations\[1\]: the caption has no words",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["annotations"].clear()),
            r"images\[0\]: b\.jpg has no captions",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["images"][0].pop("file_name")),
            r"images\[0\]: the field 'file_name' is missing",
        ),
        (
            coco,
            of_json(COCO, lambda coco: coco["images"][0].update(id="7")),
            r"images\[0\]: the field 'id' is '7', not a whole number",
        ),
        (coco, of_json(COCO, lambda coco: coco.pop("images")), r"a list called 'images'"),
        (coco, lambda root: (root / COCO).unlink(), r"captions_val2017\.json is missing"),
        (coco, lambda root: shutil.rmtree(root / "val2017"), r"no folder of photos: .*val2017"),
        (
            karpathy_coco,
            of_json("dataset_coco.json", lambda file: file["images"][1].update(split="vall")),
            r"images\[1\]: 'vall' is none of the splits",
        ),
        (
            karpathy_coco,
            of_json("dataset_coco.json", lambda file: file["images"][1].update(sentences=[])),
            r"images\[1\]: b\.jpg has no captions",
        ),
        (
            karpathy_coco,
            of_json("dataset_coco.json", lambda file: file["images"][1]["sentences"][0].pop("raw")),
            r"images\[1\]\.sentences\[0\]\.raw: the caption is not a text",
        ),
        (
            karpathy_coco,
            of_json("dataset_coco.json", lambda file: file["images"].append(file["images"][1])),
            r"images\[2\]: b\.jpg is listed twice",
        ),
        (
            karpathy_coco,
            of_text("dataset_coco.json", '{"images": [', '{\n"images": [[,'),
            r"dataset_coco\.json, line 2: not JSON",
        ),
        (
            own_json,
            of_json("captions.json", lambda file: file[1].update(image="a.jpg")),
            r"entry \[1\]: a\.jpg is listed twice, first in .*entry \[0\]",
        ),
        (
            own_json,
            of_json("captions.json", lambda file: file[1].update(captions="A barn.")),
            r"entry \[1\]: expected a list called 'captions'",
        ),
        (
            own_json,
            of_json("captions.json", lambda file: file[1].pop("image")),
            r"entry \[1\]: the field 'image' is missing",
        ),
        (
            own_json,
            of_json("captions.json", lambda file: file[1].pop("split")),
            r"entry \[1\]: the split is missing, which other photos have",
        ),
        (own_json, own_csv, r"holds both captions\.json and captions\.csv"),
        (
            own_csv,
            of_text("captions.csv", "A red barn .,dev", "A red barn .,train"),
            r"line 5: b\.jpg is in another split in .*line 4",
        ),
        (
            own_csv,
            of_text("captions.csv", "A red barn .,dev", "A red barn .,evaluation"),
            r"line 5: there is no split 'evaluation'",
        ),
        (own_csv, of_text("captions.csv", "A red", "A big, red"), r"line 2: more fields than"),
        (own_csv, of_text("captions.csv", "A red barn .", "-"), r"line 5: the caption has no"),
        (own_csv, of_text("captions.csv", ",caption", ",text"), r"line 1: .* no column 'caption'"),
        (own_csv, of_text("captions.csv", '."', '." x'), r"line 4: not CSV"),
    ],
)
def test_mistakes_are_named_with_their_place(
    layout: Callable[[Path], None], change: Change, message: str, tmp_path: Path
) -> None:
    layout(tmp_path)
    change(tmp_path)
    with pytest.raises(DatasetError, match=message) as caught:
        load_dataset(tmp_path, "dev")
    assert "\n" not in str(caught.value)


def test_records_are_the_whole_of_what_training_sees(tmp_path: Path) -> None:
    own_json(tmp_path)
    assert load_dataset(tmp_path, "train") == [
        Record("a.jpg", tmp_path / "a.jpg", ("A red wall .", "Red ."))
    ]
