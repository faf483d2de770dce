import json
from pathlib import Path

from fakes import small_models

from bot.loadtest.commands import compare_loads
from bot.loadtest.load import Load
from bot.settings import Settings


async def test_each_load_is_told_and_all_are_written(tmp_path: Path) -> None:
    told: list[str] = []
    results, chart = tmp_path / "results.json", tmp_path / "load.svg"
    loads = [Load(people=2, rate=4, seconds=0.6), Load(people=2, burst=2)]
    await compare_loads(
        Settings(_env_file=None), loads, told.append, results, chart, models=small_models
    )
    assert [text.split(":")[0] for text in told] == ["4 photos a second", "2 photos at once"]
    assert [it["rate"] for it in json.loads(results.read_text())] == [4.0, 0.0]
    assert chart.read_bytes().startswith(b"<?xml")
