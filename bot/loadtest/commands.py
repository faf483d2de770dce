"""What `captionbot loadtest` does: one load after the other, told as they end."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.app import LoadModels, load_models
from bot.loadtest import figures
from bot.loadtest.load import Load
from bot.loadtest.run import as_json, run_load
from bot.settings import Settings


async def compare_loads(
    settings: Settings,
    loads: Sequence[Load],
    tell: Callable[[str], object],
    results: Path | None = None,
    chart: Path | None = None,
    models: LoadModels = load_models,
) -> None:
    """Run the bot under each load.

    Args:
        tell: is given some lines about each.
        results: JSON file to write.
        chart: picture to write, in the format of its suffix.

    Raises:
        LoadTestError: a load could not be carried out.
    """
    done = []
    for load in loads:
        done.append(await run_load(load, settings, models))
        tell(figures.told(done[-1]))
    if results is not None:
        results.write_text(as_json(done))  # noqa: ASYNC240 - the bot is not running any more
    if chart is not None:
        figures.draw(done, chart)
