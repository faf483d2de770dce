"""How a trial is told."""

from datetime import UTC, datetime

import pytest

from bot.figures.sequential import Difference
from bot.figures.trials import Arm, Comparison
from bot.i18n import in_language
from bot.texts.trials import points_text, trial_lines

MOBILENET = "mobilenet-attention"


def comparison(difference: Difference | None) -> Comparison:
    return Comparison(
        model=MOBILENET,
        current=Arm("0.6.0", 41, 60, 80, 0.75),
        candidate=Arm("<0.7>", 12, 17, 20, 0.85),
        percent=20,
        began_at=datetime(2026, 3, 4, tzinfo=UTC),
        difference=difference,
    )


BETTER = Difference(0.1, 0.05, 0.02, 0.18)
OPEN = Difference(0.1, 0.05, -0.04, 0.24)
WORSE = Difference(-0.1, 0.05, -0.18, -0.02)
FROM = "of 👍 from 12 and 41 people"


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (OPEN, f"+10 points (−4 to +24) {FROM}: <b>no difference is shown yet</b>"),
        (BETTER, f"+10 points (+2 to +18) {FROM}: <b>it is better</b>"),
        (WORSE, f"−10 points (−18 to −2) {FROM}: <b>it is worse</b>"),
        (None, "rated by 12 and 41 people so far; 10 of each are needed"),
    ],
)
def test_the_verdict(difference: Difference | None, verdict: str) -> None:
    assert trial_lines(comparison(difference)) == [
        "MobileNet + attention: &lt;0.7&gt; instead of 0.6.0 for 20% of the people",
        verdict,
    ]


def test_nothing_has_no_sign() -> None:
    assert points_text(Difference(0.001, 0.05, -0.004, 0.5)) == "0 points (0 to +50)"
    with in_language("ru"):
        assert points_text(Difference(0.1, 0.05, 0.0, 0.2)) == "+10 п. п. (от 0 до +20)"
