"""Results of load tests as people read them: lines of text, and a chart."""

from collections.abc import Sequence
from pathlib import Path

from bot.loadtest.run import Result


def told(result: Result) -> str:
    """A result in a few lines."""
    load = f"{result.rate:g} photos a second" if result.rate else f"{result.sent} photos at once"
    return "\n".join(
        (
            f"{load}: {result.sent} sent, {result.captioned} captioned, {result.failed} failed, "
            f"{result.lost} lost, {result.doubled} doubled",
            f"  from photo to answer: p50 {result.p50:.2f} s, p95 {result.p95:.2f} s, "
            f"p99 {result.p99:.2f} s; all after {result.seconds:.1f} s, "
            f"{result.throughput:.1f} a second",
            f"  event loop: late by {result.lag_p50 * 1000:.1f} ms (p50), "
            f"{result.lag_p99 * 1000:.1f} ms (p99); "
            f"processor time {result.loop_cpu * 1000:.1f} ms a photo, "
            f"with the models {result.process_cpu * 1000:.1f} ms",
            f"  memory {result.memory:.0f} MB; calls that met a limit: {result.refused}",
        )
    )


def draw(results: Sequence[Result], path: Path) -> None:
    """Write a chart of latency against load, in the format that the suffix names."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "captionbot"  # the same picture from the same results
    from matplotlib import pyplot

    ordered = sorted(results, key=lambda result: result.rate)
    rates = [result.rate for result in ordered]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, values in (
        ("p99", [result.p99 for result in ordered]),
        ("p95", [result.p95 for result in ordered]),
        ("p50", [result.p50 for result in ordered]),
    ):
        axes.plot(rates, values, marker="o", label=name)
    axes.set_xlabel("photos a second")
    axes.set_ylabel("seconds from photo to answer")
    axes.set_yscale("log")
    axes.grid(alpha=0.3)
    axes.legend()
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata)
    pyplot.close(figure)
