from pathlib import Path

import pytest

from bot.loadtest.load import Load
from bot.loadtest.telegram_process import from_json, to_json


@pytest.mark.parametrize("load", [Load(), Load(3, 1.5, 2.0, 7, True, Path("photos"), 9.0, 2)])
def test_a_load_reaches_the_other_process_as_it_is(load: Load) -> None:
    assert from_json(to_json(load)) == load
