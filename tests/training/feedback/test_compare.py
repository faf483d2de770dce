"""Two models on the same photos: the verdict, the guard, the page and the exit code."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from captioning import Caption
from training.__main__ import app
from training.bootstrap import intervals
from training.datasets import DatasetError, load_dataset
from training.feedback import compare_command
from training.feedback.compare import (
    Compared,
    Difference,
    Verdict,
    compare,
    load_judging,
    verdict,
)
from training.metrics import measure

THINGS = "dog cat horse bird cow sheep goat duck frog mouse bear wolf".split()
PHOTOS = 48


def truth(number: int) -> str:
    return (
        f"A {THINGS[number % 12]} stands near the {THINGS[(number * 7 + 5) % 12]} number {number}"
    )


def wrong(number: int) -> str:
    return f"The {THINGS[(number + 6) % 12]} is red"


@dataclass
class Scripted:
    """A model that says of photo N what `says` gives."""

    says: Callable[[int], str]
    title: str = "Scripted"
    version: str = "1"
    sure: Callable[[int], float] | None = None

    def caption(self, images: Sequence[Path]) -> list[Any]:
        numbers = [int(image.stem) for image in images]
        if self.sure is None:
            return [
                Caption(self.says(number), (), (), 0.0, None, "scripted", "1") for number in numbers
            ]
        return [
            SimpleNamespace(text=self.says(number), confidence=self.sure(number))
            for number in numbers
        ]


def right_in(share: int) -> Scripted:
    """Right about `share` of a hundred photos."""
    return Scripted(lambda number: truth(number) if number * 37 % 100 < share else wrong(number))


def dataset(folder: Path, split: str = "test") -> Path:
    folder.mkdir()
    for number in range(PHOTOS):
        Image.new("RGB", (8, 8), (number, 5 * number, 90)).save(folder / f"{number}.png")
    document = [
        {
            "image": f"{number}.png",
            "captions": [truth(number), f"One {THINGS[number % 12]} stands there"],
            "split": split,
        }
        for number in range(PHOTOS)
    ]
    (folder / "captions.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return dataset(tmp_path / "people")


def compared(old: Scripted, new: Scripted, data: Path, *, is_guard: bool = False) -> Compared:
    records = load_dataset(data, "test")
    return compare(old, new, records, is_guard=is_guard, name="people", split="test")


def test_a_better_model_is_better(data: Path) -> None:
    result = compared(right_in(30), right_in(70), data)
    cider, bleu = result.differences
    assert (cider.name, bleu.name) == ("CIDEr", "BLEU-4")
    assert 0 < cider.low < cider.change < cider.high
    assert bleu.verdict is cider.verdict is verdict([result]) is Verdict.BETTER
    changes = [example.change for example in result.examples]
    assert len(changes) == PHOTOS
    assert changes == sorted(changes)
    assert sum(changes) / PHOTOS == pytest.approx(cider.change)


def test_the_other_way_round_it_is_worse(data: Path) -> None:
    there = compared(right_in(30), right_in(70), data)
    back = compared(right_in(70), right_in(30), data)
    assert verdict([back]) is Verdict.WORSE
    for first, second in zip(there.differences, back.differences, strict=True):
        assert second.change == pytest.approx(-first.change)
        assert (second.low, second.high) == pytest.approx((-first.high, -first.low))


def test_chance_is_no_difference(data: Path) -> None:
    other = Scripted(
        lambda number: truth(number) if (number * 37 + 51) % 100 < 50 else wrong(number)
    )
    assert verdict([compared(right_in(50), other, data)]) is Verdict.SAME
    same = compared(right_in(50), right_in(50), data)
    assert same.cider.low == same.cider.high == 0
    assert verdict([same]) is Verdict.SAME


def test_pairing_shows_what_single_intervals_hide(data: Path) -> None:
    """The intervals of both models overlap, and still each photo is captioned as well or better."""
    models = right_in(50), right_in(62)
    records = load_dataset(data, "test")
    references = {record.name: record.captions for record in records}
    (_, old_high), (new_low, _) = (
        intervals(measure({name: model.says(int(name[:-4])) for name in references}, references))
        for model in models
    )
    assert new_low.cider < old_high.cider
    assert compared(*models, data).cider.verdict is Verdict.BETTER


def difference(change: float, half: float = 1.0) -> Difference:
    return Difference("CIDEr", 50.0, 50.0 + change, change - half, change + half)


def judged(change: float, *, is_guard: bool = False, half: float = 1.0) -> Compared:
    return Compared("set", "dev", is_guard, (difference(change, half),), ())


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([judged(3)], Verdict.BETTER),
        ([judged(0.5)], Verdict.SAME),
        ([judged(-3)], Verdict.WORSE),
        ([judged(3), judged(0.5)], Verdict.BETTER),
        ([judged(3), judged(-3)], Verdict.WORSE),
        ([judged(3), judged(-0.4, is_guard=True, half=0.1)], Verdict.BETTER),
        ([judged(3), judged(-0.6, is_guard=True)], Verdict.REFUSED),
        ([judged(-3), judged(-0.6, is_guard=True)], Verdict.REFUSED),
        ([judged(0.5), judged(9, is_guard=True)], Verdict.SAME),
    ],
)
def test_verdicts(sets: list[Compared], expected: Verdict) -> None:
    assert verdict(sets) is expected


def test_confidence_is_compared_where_both_tell_it(data: Path) -> None:
    def model(sure: Callable[[int], float] | None) -> Scripted:
        return Scripted(right_in(50).says, sure=sure)

    def knows(number: int) -> float:
        return 0.9 if number * 37 % 100 < 50 else 0.1

    result = compared(model(lambda number: 0.95), model(knows), data)
    names = [entry.name for entry in result.differences]
    assert names == ["CIDEr", "BLEU-4", "Brier score", "Calibration error"]
    assert result.cider.verdict is Verdict.SAME
    for entry in result.differences[2:]:
        assert entry.new < entry.old
        assert entry.verdict is Verdict.BETTER
    back = compared(model(knows), model(lambda number: 0.95), data)
    assert back.differences[2].verdict is Verdict.WORSE
    assert len(compared(model(None), model(knows), data).differences) == 2


def test_which_split_is_judged_on(data: Path, tmp_path: Path) -> None:
    assert load_judging(data, None)[0] == "test"
    only_dev = dataset(tmp_path / "guard", "dev")
    assert load_judging(only_dev, None)[0] == "dev"
    assert load_judging(only_dev, "val")[0] == "dev"
    with pytest.raises(DatasetError, match="no photo of the split 'train'"):
        load_judging(data, "train")


@pytest.fixture
def command(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`caption-train compare` between models that are right about a share of the photos."""
    guard = dataset(tmp_path / "guard", "dev")

    def load(name: str, engine: str) -> Scripted:
        on_people, on_guard = map(int, name.split("/"))
        model = right_in(on_people)
        guarded = right_in(on_guard)

        class Both:
            title, version = f"Model <{name}>", "1"

            def caption(self, images: Sequence[Path]) -> list[Any]:
                chosen = guarded if images[0].parent.name == "guard" else model
                return chosen.caption(images)

        return Both()  # type: ignore[return-value]

    monkeypatch.setattr(compare_command, "load_captioner", load)
    monkeypatch.setenv("COLUMNS", "160")

    def run(old: str, new: str, *more: str) -> Result:
        arguments = ["compare", old, new, "--data", str(data), "--guard", str(guard), *more]
        return CliRunner().invoke(app, arguments)

    return run


@pytest.mark.parametrize(
    ("old", "new", "said", "code"),
    [
        ("30/50", "70/50", "better", 0),
        ("50/50", "50/50", "no difference", 3),
        ("70/50", "30/50", "worse", 4),
        ("30/50", "70/40", "refused", 5),
    ],
)
def test_the_exit_code_tells_the_verdict(
    command: Callable[..., Result], old: str, new: str, said: str, code: int
) -> None:
    result = command(old, new)
    assert result.exit_code == code, result.output
    assert f"verdict: {said}" in result.output


def test_the_page_and_the_figures(command: Callable[..., Result], tmp_path: Path) -> None:
    page, figures = tmp_path / "page.html", tmp_path / "figures.json"
    result = command("30/50", "70/40", "--html", str(page), "--json", str(figures))
    assert result.exit_code == 5
    document = json.loads(figures.read_text())
    assert document["verdict"] == "refused"
    people, guard = document["sets"]
    assert (people["name"], people["split"], people["guard"]) == ("people", "test", False)
    assert (guard["name"], guard["split"], guard["guard"]) == ("guard", "dev", True)
    assert people["differences"][0]["verdict"] == "better"
    html = page.read_text()
    text = unescape(re.sub(r"<[^>]*>", " ", html))
    assert "Refused: it loses more than 0.5 CIDEr on guard" in text
    change = people["differences"][0]["new"] - people["differences"][0]["old"]
    assert f"{change:+.2f}" in text
    assert "<30/50>" not in html
    assert "Most won" in text
    assert "http" not in html


def test_a_page_that_cannot_be_written_is_refused_at_once(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    result = command("30/50", "70/50", "--html", str(tmp_path / "missing" / "page.html"))
    assert result.exit_code == 2
    assert "there is no folder" in result.output
