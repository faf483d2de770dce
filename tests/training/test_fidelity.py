"""`caption-train fidelity`: captions of the runtime beside torch's."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from captioning import Caption
from training import fidelity as module
from training.__main__ import app
from training.fidelity import Fidelity


class Told:
    """Says one thing of the first photo and another of all others."""

    name, version = "told", "1"

    def __init__(self, first: str, others: str) -> None:
        self.first, self.others = first, others

    def caption(self, images: list[Path], **options: object) -> list[Caption]:
        texts = [self.first] + [self.others] * (len(images) - 1)
        return [
            Caption("", tuple(text.split()), (), 0.0, None, self.name, self.version)
            for text in texts
        ]


def fidelity(
    monkeypatch: pytest.MonkeyPatch, flickr8k: Path, *, exact: Told, shipped: Told
) -> Fidelity:
    def load(name: str, *, engine: str, full_precision: bool = False, **options: object) -> Told:
        if engine == "torch":
            assert full_precision
            return Told("a red circle", "a red circle")
        return exact if full_precision else shipped

    monkeypatch.setattr(module, "load_captioner", load)
    (found,) = module.fidelity(["told"], flickr8k)
    return found


SAME = Told("a red circle", "a red circle")
OTHER = Told("an elephant", "a red circle")


def test_the_same_captions_hold(monkeypatch: pytest.MonkeyPatch, flickr8k: Path) -> None:
    found = fidelity(monkeypatch, flickr8k, exact=SAME, shipped=SAME)
    assert (found.identical, found.identical_as_shipped) == (1, 1)
    assert found.cider == found.cider_as_shipped
    assert found.holds


def test_another_text_in_full_precision_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, flickr8k: Path
) -> None:
    found = fidelity(monkeypatch, flickr8k, exact=OTHER, shipped=SAME)
    assert found.identical == pytest.approx(1 - 1 / found.photos)
    assert not found.holds


def test_as_shipped_it_is_how_good_captions_are_that_counts(
    monkeypatch: pytest.MonkeyPatch, flickr8k: Path
) -> None:
    found = fidelity(monkeypatch, flickr8k, exact=SAME, shipped=OTHER)
    assert found.identical_as_shipped < 1
    assert found.holds == (abs(found.cider - found.cider_as_shipped) <= module.CIDER)
    assert not Fidelity("told", 1, 1.0, 0.0, 50.0, 49.6).holds
    assert Fidelity("told", 1, 1.0, 0.0, 50.0, 49.8).holds


def test_the_exit_code_tells(monkeypatch: pytest.MonkeyPatch, flickr8k: Path) -> None:
    monkeypatch.setattr(module, "load_captioner", lambda *_, **__: SAME)
    arguments = ["fidelity", str(flickr8k), "--model", "told", "--photos", "1"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "100.0%" in result.output
    holds = Fidelity("told", 1, 0.5, 0.5, 50.0, 50.0)
    monkeypatch.setattr(module, "fidelity", lambda *_, **__: [holds])
    assert CliRunner().invoke(app, arguments).exit_code == 1
