"""A tiny load test: the whole bot with small models, and a sandbox in a process of its own."""

import json

import pytest
from fakes import small_models

from bot.loadtest.load import Load
from bot.loadtest.run import Result, as_json, percentile, run_load
from bot.settings import Settings


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (50, 50), (95, 95), (99, 99), (99.5, 100), (100, 100)]
)
def test_percentiles_are_values_that_were_there(percent: float, value: int) -> None:
    assert percentile(range(100, 0, -1), percent) == value


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 95) == 0.0


async def loaded(load: Load) -> Result:
    return await run_load(load, Settings(_env_file=None, photos_per_minute=1), small_models)


async def test_everybody_gets_an_answer_to_every_photo() -> None:
    result = await loaded(Load(people=3, rate=4, seconds=2))
    assert result.sent == result.captioned > 3, "and the limits of one person are not in force"
    assert (result.lost, result.doubled, result.failed, result.refused) == (0, 0, 0, 0)
    assert 0 < result.p50 <= result.p95 <= result.p99 <= result.seconds
    assert 0 < result.loop_cpu <= result.process_cpu
    assert result.memory > 50
    assert result.throughput == pytest.approx(result.captioned / result.seconds)
    [shown] = json.loads(as_json([result]))
    assert shown["sent"] == result.sent
    assert shown["throughput"] == result.throughput


async def test_limits_set_the_pace_and_nothing_is_lost() -> None:
    result = await loaded(Load(people=1, burst=3, limits=True))
    assert result.refused > 0
    assert (result.sent, result.captioned) == (3, 3)
    assert (result.lost, result.doubled) == (0, 0)
    assert result.seconds >= 5, "six messages of one chat, one a second"
