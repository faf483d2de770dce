"""A prepared folder is whole, and nothing else is lost for it."""

import gzip
import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from dataset_layouts import flickr8k as as_flickr8k
from dataset_layouts import own_csv, own_json
from typer.testing import CliRunner

from training import __main__ as command
from training import prepare as preparing
from training.datasets import DatasetError
from training.prepare import known_words, prepare
from training.prepared import Preferred, load_split, load_vocabulary


@pytest.fixture
def root(tmp_path: Path) -> Path:
    own_json(tmp_path / "mine")
    return tmp_path / "mine"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_preparing_again_replaces_what_was_prepared(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()  # an empty folder may be there
    prepare([root], out, min_count=1)
    (out / "features").mkdir()
    own_csv(root)
    (root / "captions.json").unlink()
    prepare([root], out, min_count=1)
    assert load_split(out, "dev").names == ["b.jpg"]
    assert "features" not in names(out)
    assert names(tmp_path) == ["mine", "out"]


def test_rare_words_are_left_out_and_frequent_ones_come_first() -> None:
    captions = ["A dog.", "a cat", "a dog"]
    assert known_words(captions, 2, [], 1) == ["a", "dog"]
    texts = ["a giraffe", "one giraffe", "the giraffe", "a cat", "the cat"]
    assert known_words(captions, 2, texts, 3) == ["a", "giraffe", "dog"]


def test_texts_without_photos_bring_words(root: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.tsv.gz"
    with gzip.open(texts, "wt", encoding="utf-8") as file:
        file.write("coco:1\tA giraffe by a barn.\ncoco:2\tTwo giraffes and a giraffe.\n")
    arguments = ["prepare", str(root), "--out", str(tmp_path / "out"), "--min-count", "2"]
    more = ["--texts", str(texts), "--min-text-count", "2"]
    result = CliRunner().invoke(command.app, [*arguments, *more], catch_exceptions=False)
    assert result.exit_code == 0
    assert load_vocabulary(tmp_path / "out").words[4:] == ("a", "giraffe", "red")


@pytest.mark.parametrize("place", ["thesis", "thesis/text.txt", "."])
def test_what_is_no_prepared_dataset_is_left_alone(
    place: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text.txt").write_text("years of work")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match="holds something else than a prepared dataset"):
        prepare([root], Path(place), min_count=1)
    assert (tmp_path / "thesis" / "text.txt").read_text() == "years of work"
    assert names(tmp_path) == ["mine", "thesis"]


def test_another_dataset_does_not_replace_the_first(root: Path, tmp_path: Path) -> None:
    """Both would go by the folder's name in the model cards of what is trained."""
    prepare([root], tmp_path / "out", min_count=1)
    own_json(tmp_path / "other")
    with pytest.raises(DatasetError, match=r"out was prepared from .*mine: choose another folder"):
        prepare([tmp_path / "other"], tmp_path / "out", min_count=1)


def test_a_full_disk_is_said_before_the_work(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6 - 1000, 1000))
    with pytest.raises(DatasetError, match=r"2 decoded photos take 0\.0 GB, and .* has 0\.0 GB"):
        prepare([root], tmp_path / "out", min_count=1)
    assert names(tmp_path) == ["mine"]


def test_a_photo_that_may_not_be_read_is_named(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(preparing, "open_image", forbidden)
    with pytest.raises(DatasetError, match=r"a\.jpg cannot be read: Permission denied"):
        prepare([root], tmp_path / "out", min_count=1)
    assert names(tmp_path) == ["mine"]


def test_an_unwritable_place_is_one_line(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    arguments = ["caption-train", "prepare", str(root), "--out", str(tmp_path / "file" / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as caught:
        command.main()
    assert caught.value.code == 1
    message = capsys.readouterr().err
    assert message.startswith("caption-train: ")
    assert "Not a directory" in message
    assert len(message.splitlines()) == 1


def test_what_people_think_of_captions_goes_with_them(tmp_path: Path) -> None:
    root, former = tmp_path / "people", tmp_path / "former"
    own_json(former)
    own_json(root)
    entries = json.loads((root / "captions.json").read_bytes())
    entries[0]["weights"] = [0.25] * len(entries[0]["captions"])
    name = entries[0]["image"]
    (root / "captions.json").write_text(json.dumps(entries))
    pair = {"image": name, "chosen": "A dog.", "rejected": "A cat.", "weight": 0.5}
    (root / "preferences.json").write_text(json.dumps([pair | {"split": "train"}]))
    prepare([root, former], tmp_path / "out", min_count=1)
    split = load_split(tmp_path / "out", "train")
    row = split.names.index(f"people/{name}")
    assert split.weights[row] == [0.25] * len(split.captions[row])
    assert split.preferences[row] == [Preferred("A dog.", "A cat.", 0.5)]
    others = [place for place in range(len(split)) if place != row]
    assert not any(split.weights[place] or split.preferences[place] for place in others)


def test_a_dataset_lends_some_training_photos_and_no_others(flickr8k: Path, tmp_path: Path) -> None:
    root = tmp_path / "mine"
    own_json(root)
    prepare([root, flickr8k], tmp_path / "out", min_count=1, lent={flickr8k: 5})
    lent = [
        name
        for name in load_split(tmp_path / "out", "train").names
        if name.startswith(f"{flickr8k.name}/")
    ]
    assert len(lent) == 5
    assert load_split(tmp_path / "out", "dev").names == ["mine/b.jpg"]
    again = tmp_path / "again"
    prepare([root, flickr8k], again, min_count=1, lent={flickr8k: 6})
    assert set(lent) < set(load_split(again, "train").names)


def test_what_would_leave_nothing_to_learn_is_refused(tmp_path: Path) -> None:
    """Two photos, and words that count from the fifth time on: nothing was known, and trained."""
    as_flickr8k(tmp_path / "dataset")
    out = tmp_path / "prepared"
    with pytest.raises(DatasetError, match=r"no word is said 5 times .* lower --min-count"):
        prepare([tmp_path / "dataset"], out, min_count=5)
    assert not out.exists()


def test_missing_photos_can_be_left_out(tmp_path: Path) -> None:
    root, out = tmp_path / "dataset", tmp_path / "prepared"
    as_flickr8k(root)
    with (root / "Flickr8k_text" / "Flickr_8k.trainImages.txt").open("a") as listing:
        listing.write("gone.jpg.1.jpg\n")
    with (root / "Flickr8k_text" / "Flickr8k.token.txt").open("a") as captions:
        captions.write("gone.jpg.1.jpg#0\tIt was deleted .\n")
    with pytest.raises(DatasetError, match="is missing; --skip-missing goes on"):
        prepare([root], out, min_count=1)
    (left_out,) = prepare([root], out, min_count=1, skip_missing=True)
    assert "line 2: the photo" in left_out
    assert len(load_split(out, "train").names) == 1
    (root / "Flicker8k_Dataset" / "a.jpg").unlink()
    with pytest.raises(DatasetError, match="lists no photo of the split 'train'"):
        prepare([root], out, min_count=1, skip_missing=True)
