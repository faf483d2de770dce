from dataclasses import replace
from pathlib import Path

import pytest

from bot.loadtest.figures import draw, told
from bot.loadtest.run import Result

RESULT = Result(0.0, 200, 200, 0, 0, 0, 0, 4.0, 7.0, 7.5, 8.5, 0.001, 0.02, 0.02, 0.07, 420.0)


def test_a_result_is_told_in_full() -> None:
    text = told(RESULT)
    for part in (
        "200 photos at once",
        "0 lost, 0 doubled",
        "p95 7.00 s",
        "20.0 ms (p99)",
        "420 MB",
    ):
        assert part in text
    assert told(replace(RESULT, rate=15.0)).startswith("15 photos a second: 200 sent")


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_chart_is_the_same_each_time(tmp_path: Path, suffix: str) -> None:
    results = [replace(RESULT, rate=rate, p95=rate / 10) for rate in (5.0, 10.0)]
    charts = []
    for name in ("one", "other"):
        path = tmp_path / f"{name}{suffix}"
        draw(results, path)
        charts.append(path.read_bytes())
    assert charts[0] == charts[1]
    assert len(charts[0]) > 3000
