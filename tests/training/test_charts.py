import re
from xml.etree import ElementTree

import pytest

from training.charts import Point, Series, line_chart, ticks, whisker


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (0.5, 33.5, [0, 10, 20, 30, 40]),
        (0.951, 0.999, [0.94, 0.96, 0.98, 1.0]),
        (7, 7, [6.4, 6.6, 6.8, 7.0, 7.2, 7.4, 7.6]),
        (-3, 3, [-4, -2, 0, 2, 4]),
    ],
)
def test_ticks_are_round_and_enclose_the_values(
    low: float, high: float, expected: list[float]
) -> None:
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    if low != high:
        assert found == pytest.approx(expected)


def test_a_line_runs_through_its_points_in_scale() -> None:
    points = [Point(1, 0, "a < b", starts=True), Point(2, 50, "middle"), Point(3, 100, "end")]
    svg = line_chart([Series(5, points), Series(0, [])], "Loss & more", "epochs")
    tree = ElementTree.fromstring(svg)
    assert tree.get("aria-label") == "Loss & more"
    (group,) = tree.findall("g")
    assert group.get("class") == "series-1"  # four colours, then the first again
    line = group.find("polyline")
    assert line is not None
    (x1, y1), (x2, y2), (x3, y3) = (
        map(float, pair.split(",")) for pair in line.get("points", "").split()
    )
    assert (x2 - x1, y1 - y2) == pytest.approx((x3 - x2, y2 - y3))
    assert x1 < x2
    assert y1 > y2  # larger is higher up
    assert [circle.get("class") for circle in group.findall("circle")] == ["ring", "dot", "dot"]
    assert [title.text for title in group.iter("title")] == ["a < b", "middle", "end"]


def test_a_gap_interrupts_the_line_and_the_axis_can_be_given() -> None:
    points = [Point(3, 1, "a"), Point(4, 2, "b"), Point(6, 3, "c", joined=False)]
    tree = ElementTree.fromstring(line_chart([Series(0, points)], "label", "x", (1, 6)))
    lines = [line.get("points", "").split() for line in tree.iter("polyline")]
    assert [len(line) for line in lines] == [2, 1]
    x = [float(circle.get("cx", "")) for circle in tree.iter("circle")]
    assert x[1] - x[0] == pytest.approx((x[2] - x[1]) / 2, abs=0.2)
    (of_two,) = (
        float(text.get("x", ""))
        for text in tree.iter("text")
        if text.get("class") == "middle" and text.text == "2"
    )
    assert of_two < x[0]


def test_one_point_and_equal_values_can_be_drawn() -> None:
    for points in ([Point(1, 5, "x")], [Point(1, 5, "x"), Point(2, 5, "y")]):
        svg = line_chart([Series(0, points)], "label", "x")
        assert "nan" not in svg
        ElementTree.fromstring(svg)


def test_a_whisker_spans_its_interval() -> None:
    rect = re.search(r'class="band" x="([\d.]+)" width="([\d.]+)"', whisker(20, 30, 50, 100, 0))
    assert rect
    assert (float(rect[1]), float(rect[2])) == (20, 30)
