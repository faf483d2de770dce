"""What a detector found, and files that do not tell it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from training.datasets import DatasetError
from training.pairing.objects import read_objects

NAMES = ["first/a.jpg", "second/a.jpg", "second/images/b.jpg", "second/c.jpg"]


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "objects.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_the_best_score_the_sum_and_whether_the_photo_is_told_of(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"file": "b.jpg", "objects": [["dog", 0.5, 0, 0, 1, 1], ["dog", 0.25], ["cat", 1]]},
        {"file": "second/a.jpg", "objects": []},
        {"file": "elsewhere.jpg", "objects": [["bird", 0.9]]},
    )
    found = read_objects(path, NAMES)
    assert found.dtype == np.float32
    expected = np.zeros((4, 5))  # cat and dog, each twice, and one more
    expected[1, 4] = 1
    expected[2] = [1, 0.5, math.log(2), math.log(1.75), 1]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"file": "a.jpg", "objects": []}], "line 1: a.jpg may be first/a.jpg and second/a.jpg"),
        ([{"file": "b.jpg", "objects": []}] * 2, "line 2: b.jpg is listed twice"),
        ([{"file": "z.jpg", "objects": []}], "tells of no photo that is prepared"),
        ([{"objects": []}], "line 1: expected "),
        (["b.jpg"], "line 1: expected "),
        ([{"file": 1, "objects": []}], "line 1: expected "),
        ([{"file": "b.jpg", "objects": [["dog"]]}], "line 1: expected "),
        ([{"file": "b.jpg", "objects": [["dog", "much"]]}], "line 1: expected "),
        ([{"file": "b.jpg", "objects": [["dog", 1.5]]}], r"a score does not lie in \[0, 1\]"),
        ([{"file": "b.jpg", "objects": [["dog", math.nan]]}], "a score does not lie in"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    lines: list[object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        read_objects(written(tmp_path, *lines), NAMES)
    assert "\n" not in str(caught.value)


def test_what_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    path.write_text('{"file": "b.jpg", "objects": []}\n\n{"file": ')
    with pytest.raises(DatasetError, match=r"objects\.jsonl, line 3: not JSON"):
        read_objects(path, NAMES)
