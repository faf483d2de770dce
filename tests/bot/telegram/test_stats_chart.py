"""The picture of /stats, as far as a program can judge it: its size, and that it shows the data."""

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.figures.periods import Period, divided
from bot.figures.sequential import Difference
from bot.figures.stats import Bar, Latency, Report, VersionRatings
from bot.figures.trials import Arm, Comparison
from bot.i18n import in_language
from bot.telegram.stats_chart import DPI, WIDTH, draw_stats

NOW = datetime(2026, 3, 10, 12, 34, tzinfo=UTC)
BLUE, VERMILION = (0, 114, 178), (213, 94, 0)
VERSIONS = (
    VersionRatings("resnet34-lstm", "0.2.0", 60, 40),
    VersionRatings("mobilenet-attention", "0.2.0", 97, 31),
)


def report(period: Period, photos: int, versions: tuple[VersionRatings, ...] = ()) -> Report:
    step, moments = divided(period, NOW, NOW - timedelta(days=500))
    latency = Latency(1.5, 4.0) if photos else None
    return Report(
        period=period,
        since=moments[0],
        step=step,
        bars=tuple(Bar(begin, photos, latency) for begin in moments[:-1]),
        active_people=1,
        new_people=1,
        photos=photos,
        captions=photos,
        corrections=0,
        ratings=versions,
        latency=latency,
        queue_length=0,
        failures={},
    )


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def share_of(colour: tuple[int, int, int], png: bytes) -> float:
    return float((pixels(png) == colour).all(axis=-1).mean())


@pytest.mark.parametrize("period", Period)
def test_every_period_is_drawn_as_wide_as_a_phone(period: Period) -> None:
    png = draw_stats(report(period, 7, VERSIONS))
    height, width, _channels = pixels(png).shape
    assert width == round(WIDTH * DPI) == 1080
    assert width <= height <= 2 * width  # beyond, Telegram cuts the preview
    assert share_of(BLUE, png) > 0.05  # bars
    assert share_of(VERMILION, png) > 0.001  # the line of the slow answers


def test_nothing_to_show_is_a_picture_too() -> None:
    png = draw_stats(report(Period.WEEK, 0))
    assert share_of(BLUE, png) == 0
    assert share_of(VERMILION, png) == 0


def test_more_versions_make_a_taller_picture_up_to_a_limit() -> None:
    def height(number: int) -> int:
        versions = VERSIONS[:1] * number
        return int(pixels(draw_stats(report(Period.WEEK, 3, versions))).shape[0])

    assert height(1) < height(6) == height(12)


def test_trials_have_a_row_each() -> None:
    arm = Arm("0.2.0", 20, 10, 20, 0.5)
    found = Difference(0.1, 0.05, -0.05, 0.25)
    started = Comparison("resnet34-lstm", arm, arm, 20, NOW, None)
    shown = Comparison("mobilenet-attention", arm, arm, 20, NOW, found)
    without = draw_stats(report(Period.WEEK, 3))
    pictures = [
        draw_stats(replace(report(Period.WEEK, 3), trials=trials))
        for trials in ((started,), (started, shown))
    ]
    heights = [pixels(png).shape[0] for png in (without, *pictures)]
    assert heights[0] < heights[1] < heights[2]
    blue = [int((pixels(png) == BLUE).all(axis=-1).sum()) for png in pictures]
    assert blue[1] > blue[0] + 500, "the point of the one that has ratings"


def test_letters_of_both_languages_are_in_the_font(recwarn: pytest.WarningsRecorder) -> None:
    versions = (VersionRatings("модель", "Ж", 1, 1),)
    with in_language("ru"):
        draw_stats(report(Period.MONTH, 3, versions))
    assert [str(it.message) for it in recwarn if "missing from" in str(it.message)] == []


def test_pyplot_is_not_needed() -> None:
    # In a process of its own: other tests may have imported it into this one.
    code = "import sys, bot.telegram.stats_chart; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_pyplot_is_not_imported_while_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    draw_stats(report(Period.DAY, 1))
