import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from captioning import benchmark
from captioning.benchmark import Row, _run, read_results, write_results
from captioning.model_commands import app

pytest.importorskip("openvino")

ROWS = [Row("captions", 30.0, "ms", "floor", 20.0, 1.8), Row("memory", 300.0, "MB", must=350)]


def test_results_are_told_beside_those_of_the_last_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "benchmark.json"
    monkeypatch.setattr(benchmark, "benchmark", lambda photos, rounds: ROWS)
    assert read_results(file) == {}
    first = CliRunner().invoke(app, ["bench", "--results", str(file)])
    assert first.exit_code == 0, first.output
    assert "1.50×" in first.output
    assert read_results(file) == {"captions": 1.5, "memory": 300.0}
    write_results(file, [Row("captions", 50.0, "ms", "floor", 20.0, 1.8)])
    assert "2.50" in CliRunner().invoke(app, ["bench", "--results", str(file)]).output


def test_a_damaged_file_of_results_is_none(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.json"
    for content in ("", "{}", '{"rows": [{"what": 1}]}'):
        file.write_text(content)
        assert read_results(file) == {}


def test_the_memory_of_a_command_is_its_own() -> None:
    ours = np.ones(400_000_000, np.uint8)
    seconds, megabytes = _run([sys.executable, "-c", "pass"])
    assert seconds > 0
    assert 1 < megabytes < 200 < ours.nbytes / 1e6
