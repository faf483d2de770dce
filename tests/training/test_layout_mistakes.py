"""What is wrong with a dataset is named by its place."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataset_layouts import (
    coco,
    flickr30k_csv,
    flickr30k_token,
    karpathy_coco,
    own_csv,
    own_json,
    write_json,
)

from training.datasets import DatasetError, load_dataset

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
            karpathy_coco,
            of_text("dataset_coco.json", "{", "[" * 100_000),
            r"dataset_coco\.json: .* nested too deeply",
        ),
        (
            own_json,
            of_text("captions.json", "[", "\n<!DOCTYPE html><title>Sign in</title>["),
            r"captions\.json, line 1: a web page was saved in its place",
        ),
        (
            own_json,
            of_json("captions.json", lambda file: file[1].update(image="b" * 300)),
            r"entry \[1\]: the photo .* cannot be read: File name too long",
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
