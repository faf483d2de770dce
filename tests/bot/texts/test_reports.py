"""What administrators read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.feedback.export import Exported
from bot.figures.health import MIN_FREE_BYTES, Wellbeing
from bot.figures.periods import Period, Step
from bot.figures.stats import Latency, Report, VersionRatings
from bot.i18n import in_language
from bot.sandbox.entities import formatted_text, utf16_length
from bot.storage.availability import Trouble
from bot.texts.reports import duration_text, export_text, health_text, size_text, stats_text

CAPTION_LIMIT = 1024
"""Characters that Telegram allows below a picture."""


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "period": Period.WEEK,
        "since": datetime(2026, 3, 4, tzinfo=UTC),
        "step": Step.DAY,
        "bars": (),
        "active_people": 12,
        "new_people": 3,
        "photos": 40,
        "captions": 79,
        "corrections": 2,
        "ratings": (),
        "latency": None,
        "queue_length": 0,
        "failures": {},
    }
    return Report(**(values | changes))


def wellbeing(**changes: Any) -> Wellbeing:
    values: dict[str, Any] = {
        "uptime": timedelta(days=3, hours=4),
        "working": True,
        "queued": 0,
        "in_work": 0,
        "unshown": 0,
        "oldest_wait": None,
        "since_answer": timedelta(minutes=12),
        "failed_in_a_day": 1,
        "database": "sqlite",
        "revision": "0003",
        "database_bytes": 6_300_000,
        "kept_photos": 1,
        "kept_bytes": 250_000,
        "free_bytes": 12_000_000_000,
        "models": {"resnet34-lstm": "0.2.0", "retired": "1"},
    }
    return Wellbeing(**(values | changes))


def test_the_statistics_of_a_busy_bot() -> None:
    text = stats_text(
        report(
            ratings=(
                VersionRatings("resnet34-lstm", "0.2.0", 3, 1),
                VersionRatings("retired", "1", 1, 0),
            ),
            latency=Latency(1.25, 3.5),
            queue_length=2,
            failures={"bad_image": 3, "novel": 1},
        )
    )
    assert text.splitlines() == [
        "<b>Since 2026-03-04 00:00 UTC</b>",
        "People: 12 (3 new)",
        "Photos: 40",
        "Captions: 79",
        "Corrections: 2",
        "In the queue now: 2",
        "",
        "<b>Ratings</b>",
        "ResNet-34 + LSTM 0.2.0: 👍 3 👎 1, 75% 👍 (30% to 95%)",
        "retired 1: 👍 1 👎 0, 100% 👍 (21% to 100%)",
        "",
        "<b>From photo to answer</b>",
        "half within 1.2 s, 95 % within 3.5 s",
        "",
        "<b>Failures</b>",
        "unreadable image: 3",
        "novel: 1",
    ]


def test_the_statistics_of_a_new_bot() -> None:
    text = stats_text(report())
    assert "no answers yet" in text
    assert text.endswith("none")


def test_the_longest_statistics_fit_under_a_picture() -> None:
    many = tuple(VersionRatings("m" * 90, "1" * 90 + str(n), 10**7, 10**7) for n in range(20))
    text = stats_text(
        report(
            ratings=many,
            photos=10**8,
            captions=10**8,
            active_people=10**8,
            new_people=10**8,
            latency=Latency(12345.6, 123456.7),
            failures={f"<{n}>" + "f" * 90: 10**7 for n in range(20)},
        )
    )
    shown, _entities = formatted_text(text, "HTML", None)
    assert utf16_length(shown) <= CAPTION_LIMIT
    assert "and 14 more" in shown
    assert "and 16 more" in shown


def test_a_bot_that_is_well() -> None:
    assert health_text(wellbeing()).splitlines() == [
        "✅ All is well.",
        "Running for 3 d 4 h.",
        "",
        "<b>Queue</b>",
        "Waiting: 0",
        "Being captioned: 0",
        "To be shown: 0",
        "Failed in 24 h: 1",
        "Last answer: 12 min ago",
        "",
        "<b>Storage</b>",
        "Database: sqlite, 6.3 MB, 0003",
        "Kept: 1 photo, 0.2 MB",
        "Free on the disk: 12.0 GB",
        "",
        "<b>Models</b>",
        "ResNet-34 + LSTM: 0.2.0",
        "retired: 1",
    ]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"working": False}, "the worker has stopped"),
        ({"oldest_wait": timedelta(minutes=6)}, "photos wait for long"),
        (
            {"keeping_trouble": "Read-only <FS>"},
            "cannot be kept in the data folder (Read-only &lt;",
        ),
        ({"free_bytes": MIN_FREE_BYTES - 1}, "the disk is nearly full"),
        (
            {"trouble": Trouble(datetime(2026, 3, 4, 5, 6, tzinfo=UTC), "disk <I/O> error")},
            "nothing can be stored since 2026-03-04 05:06 UTC (disk &lt;I/O&gt; error)",
        ),
    ],
)
def test_what_is_wrong_comes_first(trouble: dict[str, Any], words: str) -> None:
    lines = health_text(wellbeing(**trouble)).splitlines()
    assert lines[0].startswith("⚠️")
    assert words in lines[0]
    assert "All is well" not in lines[1]


def test_an_export_without_photos_says_how_to_get_them() -> None:
    whole = export_text(Exported(5, 1, 3), is_whole=True)
    assert whole.startswith("5 captions, 1 correction, 3 photos.")
    part = export_text(Exported(5, 1, 0), is_whole=False)
    assert "captionbot export FILE.zip" in part
    assert "captionbot export FILE.zip" not in whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3660, "1 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


def test_sizes() -> None:
    assert [size_text(0), size_text(999_000_000), size_text(2_500_000_000)] == [
        "0.0 MB",
        "999.0 MB",
        "2.5 GB",
    ]


def test_numbers_have_the_comma_of_the_language() -> None:
    with in_language("ru"):
        assert [size_text(6_300_000), size_text(2_500_000_000)] == ["6,3 МБ", "2,5 ГБ"]
