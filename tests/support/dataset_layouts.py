"""Each dataset as its publisher lays it out, small: a.jpg to train on, b.jpg for dev."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image


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


def flickr8k_elsewhere(root: Path) -> None:
    """The official texts unzipped twice, and the photos as Kaggle calls their folder."""
    flickr8k(root)
    (root / "Flicker8k_Dataset").rename(root / "Images")
    texts = root / "Flickr8k_text"
    texts.rename(root / "texts")
    texts.mkdir()
    (root / "texts").rename(texts / "Flickr8k_text")


def flickr8k_twice(root: Path) -> None:
    flickr8k(root)
    (root / "Flicker8k_Dataset").rename(root / "photos")
    (root / "Flickr8k_Dataset").mkdir()
    (root / "photos").rename(root / "Flickr8k_Dataset" / "Flicker8k_Dataset")


def kaggle(root: Path) -> None:
    for name in "ab":
        photo(root / "Images" / f"{name}.jpg")
    write(
        root / "captions.txt",
        "image,caption\na.jpg,A red wall .\na.jpg,Red .\nb.jpg,A barn .\nb.jpg,A red barn .\n",
    )
    write(root / "Flickr_8k.trainImages.txt", "a.jpg\n")
    write(root / "Flickr_8k.devImages.txt", "b.jpg\n")


def coco(root: Path, year: str = "2017", dev: str = "val") -> None:
    for part, name, number, captions in (
        ("train", "a", 9, ("A red wall .", "Red .")),
        (dev, "b", 7, ("A barn .", "A red barn .\n")),
    ):
        photo(root / (f"{part}{year}" if year else "images") / f"{name}.jpg")
        document = {
            "info": {"year": year},
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


def coco_part(root: Path) -> None:
    """Without a year, with a dev split of its own and all photos in one folder."""
    coco(root, year="", dev="dev")


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
    flickr8k_elsewhere,
    flickr8k_twice,
    kaggle,
    flickr30k_token,
    flickr30k_csv,
    coco,
    coco_2014,
    coco_part,
    karpathy_flickr8k,
    karpathy_coco,
    own_json,
    own_csv,
]
