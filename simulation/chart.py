"""What each part of the loop gives, as a chart."""

from collections.abc import Sequence
from pathlib import Path

from simulation.loop import Outcome
from training.feedback.compare import MOST_LOST

_COLOURS = {"withheld": "#2563eb", "guard": "#9a3412"}


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the differences of CIDEr with their 95 % intervals, of each way through the loop."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 0.7 + 0.55 * len(outcomes)), layout="constrained")
    for offset, (which, colour) in zip((-0.14, 0.14), _COLOURS.items(), strict=True):
        found = [getattr(outcome, which).cider for outcome in outcomes]
        axes.errorbar(
            [difference.change for difference in found],
            [row + offset for row in range(len(outcomes))],
            xerr=[
                [max(0.0, difference.change - difference.low) for difference in found],
                [max(0.0, difference.high - difference.change) for difference in found],
            ],
            fmt="o",
            color=colour,
            capsize=3,
            label=which,
        )
    axes.axvline(0, color="#888888", linewidth=1)
    axes.axvline(-MOST_LOST, color=_COLOURS["guard"], linewidth=1, linestyle=":")
    axes.set_yticks(range(len(outcomes)), [outcome.name for outcome in outcomes])
    axes.invert_yaxis()
    axes.set_xlabel("CIDEr, new model less old, with 95 % intervals")
    axes.legend(loc="best", frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
