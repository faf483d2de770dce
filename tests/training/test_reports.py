"""`caption-train evaluate`: a table for people, JSON for programs."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from captioning import Caption, CaptioningError
from training import reports
from training.__main__ import app
from training.datasets import load_dataset
from training.java_metrics import MetricScore, MetricUnavailableError


class Parrot:
    """Says the same of every photo, with a beam the one thing and without it another."""

    name, version = "parrot", "7"

    def caption(
        self, images: list[object], *, beam_size: int | None, **options: object
    ) -> list[Caption]:
        words = ("a", "red", "circle") if beam_size else ("there", "is", "a", "blue", "square")
        shown = Caption("", words, (), 0.0, None, self.name, self.version)
        return [shown] * len(images)


@pytest.fixture(autouse=True)
def parrot(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*captions: object) -> MetricScore:
        raise MetricUnavailableError("SPICE needs what nobody has")

    def meteor(captions: dict[str, str], references: dict[str, list[str]]) -> MetricScore:
        return MetricScore(12.34, 11.0, 13.0, dict.fromkeys(captions, 12.5))

    monkeypatch.setattr(reports, "load_captioner", lambda name, engine: Parrot())
    monkeypatch.setattr(reports, "_JAVA_METRICS", {"meteor": meteor, "spice": missing})
    monkeypatch.setenv("COLUMNS", "200")


def evaluate(flickr8k: Path, out: Path, *, java: bool) -> list[dict[str, object]]:
    reports.evaluate_all([flickr8k], ["parrot"], "dev", [None, 3], out, engine="torch", java=java)
    document: list[dict[str, object]] = json.loads(out.read_text(encoding="utf-8"))
    return document


def test_each_beam_has_scores_with_intervals(
    flickr8k: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, three = evaluate(flickr8k, tmp_path / "scores.json", java=True)
    printed = capsys.readouterr().out
    assert printed.count("without SPICE: SPICE needs what nobody has") == 1
    assert printed.count("12.34") == 2
    assert "11.0–13.0" in printed
    assert (own["beam"], three["beam"]) == (None, 3)
    for entry in (own, three):
        assert (entry["model"], entry["version"]) == ("parrot", "7")
        scores, intervals = entry["scores"], entry["intervals"]
        assert isinstance(scores, dict)
        assert isinstance(intervals, dict)
        assert scores.keys() == intervals.keys()
        assert "spice" not in scores
        for name, value in scores.items():
            low, high = intervals[name]
            assert low - 1e-9 <= value <= high + 1e-9, name
            assert f"{scores['cider']:.2f}" in printed


def test_no_number_is_cut_in_a_narrow_terminal(
    flickr8k: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    reports.evaluate_all([flickr8k], ["parrot"] * 2, "dev", [None, 1, 3], None, engine="torch")
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert printed.count("11.0–13.0") == 6
    assert printed.count("100.0%") == 6


def test_checkpoints_of_one_name_are_told_apart(
    flickr8k: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run's folder stands for its best checkpoint."""
    for run in ("early", "late"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "best.safetensors").touch()
    models = [str(tmp_path / "early"), str(tmp_path / "late" / "best.safetensors")]
    out = tmp_path / "scores.json"
    reports.evaluate_all([flickr8k], models, "dev", [2], out, engine="torch", java=False)
    head = capsys.readouterr().out.split("BLEU-1")[0]
    assert "(early)" in head
    assert "(best)" in head
    assert [entry["checkpoint"] for entry in json.loads(out.read_text())] == models
    (tmp_path / "early" / "best.safetensors").unlink()
    with pytest.raises(CaptioningError, match=r"early holds no best\.safetensors"):
        reports.evaluate_all([flickr8k], models, "dev", [2], out, engine="torch", java=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beam", "0"], "Invalid value for '--beam'"),
        (["--block-ngram", "-1"], "Invalid value for '--block-ngram'"),
        (["--logit-adjustment", "2"], "Invalid value for '--logit-adjustment'"),
        (["--json", "nowhere/scores.json"], "there is no folder"),
    ],
)
def test_impossible_options_are_refused_before_the_work(
    flickr8k: Path, arguments: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(flickr8k), *arguments])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_each_image_has_its_caption_and_scores(flickr8k: Path, tmp_path: Path) -> None:
    _, entry = evaluate(flickr8k, tmp_path / "scores.json", java=True)
    images = entry["images"]
    assert isinstance(images, list)
    assert [image["image"] for image in images] == [
        record.name for record in load_dataset(flickr8k, "dev")
    ]
    by_name = {image["image"]: image for image in images}
    assert {image["caption"] for image in images} == {"A red circle."}
    best = max(images, key=lambda image: image["cider"])
    assert best is by_name["red_circle_2.jpg"]
    assert np.mean([image["cider"] for image in images]) == pytest.approx(
        entry["scores"]["cider"]  # type: ignore[index]
    )
    assert by_name["red_circle_2.jpg"]["meteor"] == 12.5


def test_java_can_be_left_out(
    flickr8k: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, _ = evaluate(flickr8k, tmp_path / "scores.json", java=False)
    assert "meteor" not in own["scores"]  # type: ignore[operator]
    assert "METEOR" not in capsys.readouterr().out
