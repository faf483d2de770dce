import itertools
import re
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
LINE = re.compile(r"#([A-Z_]+)=(.+)")


def examples() -> dict[str, str]:
    matches = map(LINE.fullmatch, EXAMPLE.read_text(encoding="utf-8").splitlines())
    return {match[1]: match[2] for match in matches if match}


def test_the_example_names_every_setting_and_no_other() -> None:
    assert {name.lower() for name in examples()} == set(Settings.model_fields)


def test_every_setting_is_explained_just_before_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if LINE.fullmatch(line):
            assert re.fullmatch(r"# [A-Z].*\.", before), line


def test_the_example_changes_nothing_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in examples():
        monkeypatch.delenv(name, raising=False)
    assert load_settings(_env_file=EXAMPLE) == load_settings(_env_file=None)


def test_the_example_s_values_are_valid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in examples():
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.write_text("\n".join(f"{name}={value}" for name, value in examples().items()))
    settings = load_settings(_env_file=file)
    assert settings.bot_token is not None
    assert settings.admin_ids == {111111, 222222}
    assert settings.log_level == "INFO"
