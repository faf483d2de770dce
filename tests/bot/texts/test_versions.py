"""What /models says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.figures.stats import VersionRatings
from bot.figures.trials import Arm, Comparison
from bot.i18n import in_language
from bot.queue.standings import OnTrial, Standing, Version
from bot.queue.version_watch import Unusable
from bot.sandbox.entities import formatted_text, utf16_length
from bot.texts import versions
from bot.texts.versions import MAX_LISTED, listed, question_text, versions_text

MOBILENET = "mobilenet-attention"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
OWN = Version(None, "0.6.0")
ADDED = tuple(Version(n, f"0.{n}.<0>", Path("file"), "ab", NOON) for n in range(7, 20))


def standing(**changes: Any) -> Standing:
    values: dict[str, Any] = {
        "model": MOBILENET,
        "versions": (OWN, *ADDED[:2]),
        "promoted": (ADDED[0], OWN),
        "last_promotion": 1,
        "trial": OnTrial(ADDED[1], 20, NOON),
    }
    return Standing(**(values | changes))


def test_versions_ratings_trials_and_troubles() -> None:
    comparison = Comparison(
        MOBILENET, Arm("0.7.<0>", 0, 0, 0, 0), Arm("0.8.<0>", 0, 0, 0, 0), 20, NOON, None
    )
    text = versions_text(
        [standing()],
        [VersionRatings(MOBILENET, "0.6.0", 3, 1), VersionRatings("other", "0.7.<0>", 9, 9)],
        [comparison],
        [Unusable(MOBILENET, "0.7.<0>", "its file <x> is missing", "0.6.0")],
    )
    assert text.splitlines() == [
        "Versions of the models, with all ratings they ever got",
        "",
        "<b>MobileNet + attention</b>",
        "▫️ 0.6.0 of the package: 👍 3 👎 1, 75% 👍 (30% to 95%)",
        "✅ 0.7.&lt;0&gt;, answers",
        "🧪 0.8.&lt;0&gt;, on trial",
        "⚠️ MobileNet + attention 0.7.&lt;0&gt; cannot answer (its file &lt;x&gt; is missing): "
        "0.6.0 does instead",
        "",
        "<b>On trial since 2026-03-04 12:00 UTC</b>",
        "MobileNet + attention: 0.8.&lt;0&gt; instead of 0.7.&lt;0&gt; for 20% of the people",
        "rated by 0 and 0 people so far; 10 of each are needed",
    ]


def test_of_many_versions_those_in_use_and_the_newest_are_listed() -> None:
    found = listed(standing(versions=(OWN, *ADDED)))
    assert found == [OWN, ADDED[0], ADDED[1], *ADDED[-3:]]
    assert len(found) == MAX_LISTED


def test_the_longest_text_fits_into_a_message() -> None:
    long = [Version(n, "v" * 30 + str(n), Path("f"), "ab", NOON) for n in range(10, 40)]
    standings = [
        standing(model="m" * 32, versions=(OWN, *long), promoted=(long[0], OWN), trial=None)
        for _ in range(4)
    ]
    ratings = [VersionRatings("m" * 32, it.name, 10**7, 10**7) for it in long]
    shown, _entities = formatted_text(versions_text(standings, ratings, (), ()), "HTML", None)
    assert utf16_length(shown) <= 4096


def test_a_question_says_that_a_trial_ends() -> None:
    assert question_text(standing(trial=None), OWN) == (
        "Shall MobileNet + attention 0.6.0 answer everybody, instead of 0.7.&lt;0&gt;?"
    )
    assert question_text(standing(), OWN).endswith("The trial of 0.8.&lt;0&gt; ends with it.")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_alerts_have_the_length_that_telegram_allows(language: str) -> None:
    longest = Version(1, "v" * 32)
    with in_language(language):
        alerts = [
            versions.outdated_text(),
            versions.missing_text(longest),
            versions.changed_text("m" * 32, longest),
        ]
    assert [text for text in alerts if len(text) > 200] == []
