"""What tells several models apart in one table."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from captioning.catalogue import ENTRIES
from training.__main__ import app
from training.named_models import check_there, distinct
from training.run_folder import ModelError


@pytest.mark.parametrize(
    ("titles", "paths", "expected"),
    [
        (["A", "B"], ["a", "b"], ["A", "B"]),
        (["A", "A", "B"], ["runs/x", "runs/y", "b"], ["A (x)", "A (y)", "B"]),
        (
            ["A", "A"],
            ["runs/x-0.1/best.safetensors", "runs/x-0.2/best.safetensors"],
            ["A (x-0.1/best)", "A (x-0.2/best)"],
        ),
        (["A", "A"], ["A", "runs/x/A.safetensors"], ["A", "A (A)"]),
        (["A", "A"], ["a", "a"], ["A (a)", "A (a)"]),
        ([], [], []),
    ],
)
def test_titles_that_several_share_are_told_apart(
    titles: list[str], paths: list[str], expected: list[str]
) -> None:
    assert distinct(titles, paths) == expected


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no run, checkpoint or bundled model runs/missing"):
        check_there("runs/missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty"):
        check_there(str(tmp_path / "empty"))
    for name in ENTRIES:
        check_there(name)


def test_a_report_of_a_missing_run_does_not_look_for_a_dataset_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "runs/missing"])
    assert isinstance(result.exception, ModelError)
    assert "runs/missing" in str(result.exception)
