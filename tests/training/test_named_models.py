"""What tells several models apart in one table."""

import pytest

from training.named_models import distinct


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
