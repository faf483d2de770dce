"""METEOR and SPICE as pycocoevalcap's own wrappers give them, where Java is installed."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from training import java_metrics
from training.java_metrics import MetricUnavailableError, meteor, spice

needs_java = pytest.mark.skipif(
    shutil.which("java") is None or importlib.util.find_spec("pycocoevalcap") is None,
    reason="needs a Java runtime and pycocoevalcap",
)
FIXTURE = json.loads(Path(__file__).with_name("scored_captions.json").read_text(encoding="utf-8"))
REFERENCES: dict[str, list[str]] = FIXTURE["references"]
HYPOTHESES: dict[str, str] = FIXTURE["hypotheses"]
RECORDED = FIXTURE["recorded"]


@needs_java
@pytest.mark.timeout(1200)  # the Java program unpacks a table of paraphrases
def test_meteor_is_that_of_the_ruler() -> None:
    """pycocoevalcap's own wrapper gave the recorded scores (record_scores.py)."""
    ours = meteor(HYPOTHESES, REFERENCES)
    assert ours.score == pytest.approx(RECORDED["scores"]["meteor"], rel=1e-9)
    assert list(ours.images) == list(REFERENCES)
    for image, score in ours.images.items():
        assert score == pytest.approx(RECORDED["image_scores"][image]["meteor"], rel=1e-9)
    assert ours.low < ours.score < ours.high


@pytest.mark.parametrize("metric", [meteor, spice])
def test_a_machine_without_java_is_told_so(metric: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_metrics.shutil, "which", lambda name: None)
    with pytest.raises(MetricUnavailableError, match="needs a Java runtime") as caught:
        metric(HYPOTHESES, REFERENCES)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


class FakeSpice:
    """Answers as the real one does: in the order of the sorted names."""

    def compute_score(
        self, references: dict[str, list[str]], hypotheses: dict[str, list[str]]
    ) -> tuple[float, list[dict[str, dict[str, float]]]]:
        found = [hypotheses[name][0] in references[name] for name in sorted(references)]
        return sum(found) / len(found), [{"All": {"f": float(value)}} for value in found]


def install(monkeypatch: pytest.MonkeyPatch, scorer: object) -> None:
    module = ModuleType("pycocoevalcap.spice.spice")
    module.Spice = scorer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pycocoevalcap.spice.spice", module)
    monkeypatch.setattr(java_metrics, "_package", lambda metric: Path())


def test_spice_belongs_to_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeSpice)
    names = ["b", "a", "c", "d"]
    references = {name: [f"A dog in {name} ."] for name in names}
    said = {name: f"a dog in {name}" if name in "bd" else "a cat" for name in names}
    result = spice(said, references)
    assert result.images == {"b": 100, "a": 0, "c": 0, "d": 100}
    assert list(result.images) == names
    assert result.score == 50
    assert result.low < 50 < result.high


def test_spice_without_its_models_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        print("Downloading stanford-corenlp-3.6.0 for SPICE ...")
        raise OSError("no route to host")

    install(monkeypatch, fails)
    with pytest.raises(MetricUnavailableError, match="could not be downloaded: no route") as caught:
        spice(HYPOTHESES, REFERENCES)
    assert "\n" not in str(caught.value)
