"""`caption-train pair` on photos of one colour each, with a network that sees nothing else."""

import gzip
import json
from pathlib import Path

import pytest
from dataset_layouts import write, write_json
from networks import colour_network
from PIL import Image
from typer.testing import CliRunner

from training import __main__ as command
from training.datasets import DatasetError
from training.pairing import text_index
from training.pairing.facts import load_pairing
from training.pairing.pair import pair
from training.prepare import prepare
from training.prepared import load_split
from training.strong_network import NetworkError

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def _photo(folder: Path, colour: str, number: int) -> str:
    name = f"{colour}{number}.png"
    folder.mkdir(parents=True, exist_ok=True)
    value = tuple(max(0, channel - 2 * number) for channel in COLOURS[colour])
    Image.new("RGB", (16, 16), value).save(folder / name)
    return name


def _dataset(root: Path, captions: int) -> None:
    entries = []
    for colour in COLOURS:
        for number in range(12):
            name = _photo(root, colour, number)
            said = [f"A {colour} wall, seen {index} times." for index in range(captions)]
            split = "dev" if number > 9 else "train"
            entries.append({"image": name, "captions": said, "split": split})
        _photo(root, colour, 20)  # without captions
    write_json(root / "captions.json", entries)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets, of the first of which every photo has captions enough, and what they need."""
    root = tmp_path_factory.mktemp("pairing")
    for name, captions in (("many", 5), ("few", 2)):
        _dataset(root / name, captions)
    prepare([root / "many", root / "few"], root / "prepared", min_count=1)
    texts = [
        f"walls:{number}\tThe {colour} {thing} ."
        for number, thing in enumerate(["house", "house", "paper", "door", "barn"])
        for colour in COLOURS
    ]
    with gzip.open(root / "texts.tsv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(["other:1\tA purple unicorn.", *texts]))
    colour_network(root / "colours.xml")
    write(root / "objects.jsonl", json.dumps({"file": "few/red20.png", "objects": [["car", 0.5]]}))
    return root


@pytest.fixture(autouse=True)
def four_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many texts as tell of each colour."""
    monkeypatch.setattr(text_index, "CANDIDATES", 4)


def run(folder: Path, *more: str) -> str:
    files = ["--texts", str(folder / "texts.tsv.gz"), "--teacher", str(folder / "colours.xml")]
    arguments = ["pair", str(folder / "prepared"), *files, "--min-count", "2", *more]
    result = CliRunner().invoke(command.app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def pseudo(folder: Path, split: str) -> dict[str, list[str]]:
    loaded = load_split(folder / "prepared", split)
    return dict(zip(loaded.names, loaded.pseudo_captions, strict=True))


def test_photos_that_lack_captions_are_given_texts_that_fit(folder: Path) -> None:
    output = run(folder, "--keep", "3", "--objects", str(folder / "objects.jsonl"))
    assert "many, dev: the best text for each photo scores CIDEr " in output
    assert "few, dev: " in output
    chosen = pseudo(folder, "unlabelled")
    assert len(chosen) == 6
    for name, texts in chosen.items():
        assert len(set(texts)) == 3  # "The red house." is there twice, and given once
        assert all(name.split("/")[1].rstrip("0123456789.png") in text for text in texts), texts
    train = pseudo(folder, "train")
    assert {name.split("/")[0] for name, texts in train.items() if texts} == {"few"}
    assert not any(pseudo(folder, "dev").values())
    facts = load_pairing(folder / "prepared")
    assert facts is not None
    assert (facts.photos, facts.count, facts.keep, facts.network) == (36, 12, 3, "colours")
    assert all(score > 0 for score in facts.dev_cider.values())


def test_the_same_files_give_the_same_texts(folder: Path) -> None:
    run(folder)
    before = pseudo(folder, "unlabelled")
    run(folder)
    assert pseudo(folder, "unlabelled") == before


def test_some_datasets_and_sources_may_be_taken(folder: Path) -> None:
    output = run(folder, "--dataset", "few", "--source", "walls")
    assert "many" not in output
    chosen = pseudo(folder, "unlabelled")
    assert {name.split("/")[0] for name, texts in chosen.items() if texts} == {"few"}
    facts = load_pairing(folder / "prepared")
    assert facts is not None
    assert (facts.sources, facts.count) == (("walls",), 12)


def test_what_is_missing_is_told(folder: Path, tmp_path: Path) -> None:
    prepared, texts, network = (
        folder / name for name in ("prepared", "texts.tsv.gz", "colours.xml")
    )
    with pytest.raises(DatasetError, match="holds no all: it holds many, few"):
        pair(prepared, texts, network, datasets=["all"])
    with pytest.raises(DatasetError, match="says no word that it and the captions say 999"):
        pair(prepared, texts, network, min_count=999)
    with pytest.raises(DatasetError, match=r"gone\.tsv is missing"):
        pair(prepared, tmp_path / "gone.tsv", network)
    with pytest.raises(NetworkError, match=r"no network at .*gone\.xml"):
        pair(prepared, texts, tmp_path / "gone.xml", min_count=1)
    prepare([folder / "many"], tmp_path / "out", min_count=1, unlabelled=False)
    with pytest.raises(DatasetError, match="no prepared unlabelled split"):
        pair(tmp_path / "out", texts, network)
